/** What an intent has come to, in words for people: English and Korean. Nothing of it decides anything. */
import type { Doubt } from "../../core/intents/interpretation.ts";

export interface Words {
  readonly en: string;
  readonly ko: string;
}

const OBJECTIONS: Readonly<Record<string, Words>> = {
  instructions: {
    en: "it has instructions to the system in it; say only what should be the case",
    ko: "시스템에 대한 지시가 들어 있습니다. 원하는 상태만 적어 주세요",
  },
  takes_away: {
    en: "it would take something away; change the golden state itself for that",
    ko: "무언가를 없애거나 약하게 만드는 요청입니다. 골든 상태를 직접 바꿔 주세요",
  },
  is_a_question: {
    en: "it reads like a question; say what should be the case",
    ko: "질문으로 보입니다. 원하는 상태를 적어 주세요",
  },
  is_negated: { en: "does it say what not to do?", ko: "하지 말라는 뜻인가요?" },
  is_pasted: {
    en: "it is written for a program; say in a sentence what should be so",
    ko: "프로그램용 형식으로 보입니다. 원하는 상태를 문장으로 적어 주세요",
  },
  is_reported: {
    en: "does it tell what somebody else has said? Say that you want it",
    ko: "다른 사람의 말을 전하는 것인가요? 원하시면 직접 적어 주세요",
  },
  is_past: {
    en: "does it tell of something that was done already?",
    ko: "이미 한 일에 대한 말인가요?",
  },
  is_conditional: {
    en: "it is for another time or on a condition; amendments take effect at once",
    ko: "다른 시각이나 조건이 붙어 있습니다. 변경은 바로 적용됩니다",
  },
  is_undecided: {
    en: "it leaves a choice open; which one is it?",
    ko: "선택이 남아 있습니다. 어느 쪽인가요?",
  },
  another_deed: {
    en: "it asks for a deed, not for a state; say what should be the case",
    ko: "상태가 아니라 작업을 요청합니다. 원하는 상태를 적어 주세요",
  },
  elsewhere: { en: "it is about another platform", ko: "다른 플랫폼에 대한 요청입니다" },
};

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

export function wordsOf(doubt: Doubt): Words {
  switch (doubt.about) {
    case "nothing_understood":
      return {
        en: "no golden path was recognised; see GET /api/v1/golden-paths",
        ko: "알아본 골든 패스가 없습니다. GET /api/v1/golden-paths 를 참고해 주세요",
      };
    case "which_path":
      return {
        en: `which one is meant: ${list(doubt.paths)}?`,
        ko: `어느 것을 원하시나요: ${list(doubt.paths)}?`,
      };
    case "missing_parameter":
      return {
        en: `\`${doubt.path}\` needs \`${doubt.parameter}\``,
        ko: `\`${doubt.path}\`에 \`${doubt.parameter}\` 값이 필요합니다`,
      };
    case "several_values":
      return {
        en: `which value of \`${doubt.parameter}\` is meant?`,
        ko: `\`${doubt.parameter}\` 값이 여럿입니다. 어느 것인가요?`,
      };
    case "unread":
      return {
        en: `what does ${list(doubt.words)} change about it? It was not understood`,
        ko: `다음 부분을 이해하지 못했습니다. 무엇을 바꾸는 말인가요: ${list(doubt.words)}`,
      };
    case "place":
      return {
        en: `\`${doubt.name}\` is not of this scope`,
        ko: `\`${doubt.name}\`은(는) 이 범위에 속하지 않습니다`,
      };
    case "near_name":
      return {
        en: `nothing answers to \`${doubt.name}\`; is \`${doubt.near}\` meant?`,
        ko: `\`${doubt.name}\`은(는) 없는 이름입니다. \`${doubt.near}\`을(를) 뜻하시나요?`,
      };
    case "wording":
      return OBJECTIONS[doubt.objection] ?? { en: doubt.objection, ko: doubt.objection };
    case "confirmation":
      return { en: "is this what was meant?", ko: "이런 뜻이 맞나요?" };
  }
}
