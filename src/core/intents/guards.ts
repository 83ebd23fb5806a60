/**
 * What speaks against acting on a text, whatever it may mean otherwise. Better one question too many: the worst that a guard does
 * wrong is to ask (T5: an intent may be refused, never escalated).
 */

export type Objection =
  /** Instructions to whoever reads it, not about the site. */
  | "instructions"
  /** It takes protection or things away. */
  | "takes_away"
  /** It wants to know something, and nothing done. */
  | "is_a_question"
  /** It says what not to do. */
  | "is_negated"
  /** It tells of what was. */
  | "is_past"
  /** It is for another time, or on a condition. */
  | "is_conditional"
  /** It leaves a choice open. */
  | "is_undecided"
  /** It wants something done that declares nothing: written, sent, tested, looked into. */
  | "another_deed"
  /** It is written for a program, not for people. */
  | "is_pasted"
  /** Somebody else's words are told. */
  | "is_reported"
  /** It is about another platform. */
  | "elsewhere";

interface Guard {
  readonly objection: Objection;
  readonly pattern: RegExp;
}

/** In the order of their weight: the first that fits is told. */
const GUARDS: readonly Guard[] = [
  {
    objection: "instructions",
    pattern:
      /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|rules?|polic(?:y|ies)|prompts?|approvals?|checks?|votes?|guardrails?|above|previous)\b|\bsystem ?prompt\b|\byou are (?:now|an?|the)\b|\bact as\b|\bpretend\b|\bas (?:an? )?(?:admin|root|approver|superuser)\b|\bapprove (?:it|this|the|yourself|automatically)\b|\b(?:without|skip(?:ping)?) (?:any |the )?(?:approval|review|vote|voting|asking)\b|<\/?(?:system|user|assistant|tool|instructions?)\b|(?:^|[.!?:;\n] *)(?:system|assistant|developer|tool) ?:|\bdeveloper mode\b|\bjailbreak\b|```|\beval\(|\bcurl \b|무시하고|이전 ?(?:지시|명령|지침)|지시를 ?(?:무시|따르지)|시스템 ?프롬프트|승인 ?(?:없이|절차 ?없이|을? ?건너)|관리자인 ?척|너는 ?이제|당신은 ?이제/,
  },
  {
    objection: "takes_away",
    pattern:
      /\b(?:delet(?:e|es|ed|ing)|remov(?:e|es|ed|ing|al)|destroy|erase|wipe|purge|tear(?:ing)? down|uninstall|get rid of|decommission|retire|drop (?:the )?(?:table|database|db|zone|record)|disabl(?:e|es|ed|ing)|turn(?:ing)? (?:\S+ ){0,3}off|switch(?:ing)? (?:\S+ ){0,3}off|deactivat(?:e|ing)|take (?:\S+ ){1,3}(?:off|offline|down)|bypass(?:ing)?|relax|loosen|weaken|(?:less|fewer|weaker|looser|softer) \w+|opposite|the (?:waf|firewall|protection) (?:should be |to be )?off|(?:waf|firewall|protection) off|allow (?:all|everything|everyone|any)(?! (?:but|except|other|outside))|open (?:it |them |everything )?up|expose|unblock|undo|revert|roll(?:ing)? ?back|downgrad(?:e|ing)|scal(?:e|ing) (?:\S+ ){0,3}down|reduc(?:e|ing) (?:the )?(?:protection|security)|lower (?:the )?(?:tls|security|protection)|whitelist (?:all|everything|everyone)|cancel|lift (?:the )?(?:block|ban|restriction)s?|stop (?:using|blocking|limiting|caching|protecting|the waf))\b|삭제|제거|지워|지우|없애|해제|꺼 ?(?:줘|주|버|라|$)|끄고|끄기|끄자|비활성|철거|우회|낮춰|낮추|완화|약화|롤백|되돌|취소|폐기|내려 ?(?:줘|주)|축소|줄[이여일]|풀(?:고|어)/,
  },
  {
    objection: "is_a_question",
    pattern:
      /^(?:can|could|will|would|may|might|shall) (?!you\b|u\b|we\b|i\b|someone\b|somebody\b|anyone\b|please\b)|(?<!\b(?:could|can|would|will) (?:you|u|we|i|someone|somebody|anyone)\b.*|\bplease\b.*|\bwould you mind\b.*|주실.*|줄 ?수.*|줄래.*|주시겠.*|주세요.*|부탁.*)\?|^(?:so |and |hey,? |hi,? |ok,? )?(?:what|what's|whats|why|how|when|which|who|where|is|are|does|do we|do you|did|was|were|has|have|should|would it|explain|describe|tell me|show (?:me )?(?:the|our|all|which|what|how|who)(?! (?:\w+ )?(?:maintenance|page|notice|banner|message|challenge))|list|compare|summari[sz]e|count|check (?:if|whether)|find out)\b(?! (?:about|to (?:go|do)) (?:scal|set|add))|(?:무엇|뭐|왜|언제|누가|누구|어디|얼마|어떤 ?게|차이)(?:[가-힣 ]|$).{0,30}(?:\?|야|지|나|까|요)?$|(?:인가요|(?:인|는|은)지 ?(?:알려|봐|보|확인|체크)|입니까|뭔가요|(?<!(?:줄|주실) ?수 ?)있나요|있어\?|되나요|됐나요|되었나요|될까요|맞나요|(?<!@\S{3,80} ?)알려 ?(?:줘|주)|설명해|설명 ?부탁|(?<!(?:페이지|화면|안내|공지)[을를]?.{0,20})보여 ?(?:줘|주)|비교해|요약해|어떻게 (?:되|하|동작|작동))/,
  },
  {
    objection: "is_negated",
    pattern:
      /놔두|내버려|그대로 ?(?:두|둬|놔)|^(?:please |pls )?(?:do not|don't|dont|never)\b(?! (?:let|allow) (?:any|people|others|strangers|spammers|attackers|bots|traffic|visitors))|^(?:please |pls )?(?:avoid|stop)\b(?!.{1,80}\bfrom \w+ing\b| (?:any |all )?(?:visitors|traffic|users|people|requests|bots|scrapers|attackers|spammers|spoof\w*|forg\w*|fake|phish\w*|spam\w*|malware|malicious|ddos|floods?|attacks?|abus\w*|employees|staff|people|outbound|outgoing|access|\S+\.\S+)\b)|\b(?:not yet|not now|just kidding|kidding|jk|never ?mind|forget it|scratch that|on second thought|no more)\b|농담|말까|\bno need (?:to|for|of)\b|\b(?:un|not |n't )necessary\b|\b(?:do not|don't|dont|shouldn't|should not|must not|mustn't|won't|will not|never|no longer|not going to|decided against|rather not)\b(?! (?:let|allow|want (?:any|anyone|anybody|traffic|visitors|people|others|bots|spoof|our mail)|trust|accept|serve (?:any|visitors|people|traffic)|be (?:able|reach|spoof|slow|hit)|need (?:any|the|a|r2|d1|kv|caching|waf)|cache|use|enable|add|touch|break|lose|go (?:down|over)|fall|exceed))|(?:하지|(?<!(?:사칭|위조|도용|스푸핑)(?:되|당하)?)지) ?(?:마|말|않(?:도록|게|았으면|아도|아야))(?!도록 ?(?:막|차단|보호))/,
  },
  {
    objection: "is_past",
    pattern:
      /\b(?:we|i|they|he|she|someone|somebody|who|it|team|alice|bob)(?:'ve|'d| have| has| had)?(?: just| already| recently| previously)? (?:scaled|secured|deployed|blocked|provisioned|rotated|enabled|added|put|set up|applied|configured|moved|made|did|was|were|used to|been|migrated|launched|published|created)\b|\b(?:yesterday|last (?:week|month|year|night|quarter)|\d+ (?:days?|weeks?|hours?) ago|already (?:have|has|done|in place|set|enabled|applied))\b|(?:했|됐|되었|하였|였|막았|걸었|올렸|바꿨|만들었)(?:습니다|어요|다|어|음|네|지만|는데)|어제|지난 ?(?:주|달|번|해)|이미 /,
  },
  {
    objection: "is_conditional",
    pattern:
      /\b(?:if|unless|whenever|as soon as|in case|once (?:the|we|it|an)|when(?:ever)? (?:the|we|it|an|there|traffic|load|cpu|an attack))\b|\b(?:tomorrow|tonight|next (?:week|month|year|monday|tuesday|wednesday|thursday|friday|saturday|sunday|quarter)|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|this (?:weekend|evening)|at \d{1,2}(?::\d\d)? ?(?:am|pm|utc|kst)|from \d{1,2}(?::\d\d)? ?(?:am|pm)|later (?:today|on)|eventually|someday|maybe|perhaps|might|not sure|thinking (?:about|of)|consider(?:ing)?)\b|내일|모레|다음 ?(?:주|달|번|해)|오늘 ?밤|주말에|[월화수목금토일]요일|(?:오전|오후|새벽|밤) ?\d{1,2}시|만약|경우에만|[가-힣](?:하|되|오|나|넘|이)면(?= |,|$)|(?<![가-힣]*(?:화|측|전|표|평|정|반|후|국|방|도|양|지|수|단|라|냉|장))면(?= |,)|\b(?:until|till)\b|^(?:after|before)\b|\b(?:after|before) (?:the|we|our|it|they|this|that) |\b(?:wonder|whether|suppose|supposing|assuming|imagine)\b|나중에|아마|언젠가|고민|검토(?:만|해)/,
  },
  {
    objection: "is_undecided",
    pattern:
      /\beither\b|(?<=\s)-\d|\b(?:or maybe|or perhaps|or something|or whatever|whatever|somehow|(?<!(?:\bnot|\bnever|\bno|n't) (?:\w{1,12} )?)anything|something like)\b|\d[\dk,. ]*\s?(?:or|~|to|-)\s?\d[\dk,.]*\s?(?:k\b|rps|requests|qps)|거나(?=[ ,]|$)|\bor (?:to )?(?:block|challenge|allow|rotate|scale|cache)\b|(?:이나|또는|혹은|아니면)(?= |$)|[가-힣]든지|대충|적당히|알아서/,
  },
  {
    objection: "another_deed",
    pattern:
      /^(?:send|email(?! (?:spoof|authent|secur|forg))|test|try|plan|cut|call|ask|remind|help me|tell)\b|\b(?:documentation|report|presentation|slides|tutorial|article|ticket|training|workshop|diagram|summary)\W*$|(?:^|\b(?:please|and|then|also),? )(?:write|document|draft|translate|(?:notify|alert)(?! \S+@)|monitor|watch|observe|simulate|benchmark|measure|migrate|rename|investigate|debug|look (?:into|at)|analy[sz]e|review|reduce|decrease|shrink|halve|purge|clear|flush|share|buy|hire|train|teach|schedule|estimate|calculate|draw)\b|\b(?:is|are|seems?|looks?) (?:too |very |so )?(?:slow|broken|down|weird|failing)\b|작성해|번역해|공유해|조사해|분석해|확인해|체크해|알아봐|모니터링해|테스트해|메일을 ?보내 ?(?:줘|주|라)|보고서(?![^.]{0,40}@)|느려/,
  },
  {
    objection: "elsewhere",
    pattern:
      /\b(?:gcp|google cloud|azure|kubernetes|k8s|eks|gke|ecs|ec2|lambda|terraform|heroku|vercel|netlify|fastly|akamai|oracle cloud|digital ?ocean|openstack|on[- ]prem(?:ises)?|nginx|apache|haproxy|mysql|postgres(?:ql)?|mongodb|redis|kafka|docker|vmware|windows server|wordpress|slack|jira|github actions|jenkins|salesforce)\b|쿠버네티스|애저|구글 ?클라우드|테라폼|도커|온프레미스/,
  },
];

/** A member, a tag, a line of YAML or a prompt: whatever names a path in there may be an example, or somebody else's. */
const PASTED =
  /^\s*[[{]|["']\s*:\s*["'[{\d]|<\/?[a-z][\w:-]*(?:\s[^<>]*)?>|(?:^|\n)\s*(?:- )?[\w-]+:\s*(?:\S.*)?\n|(?:^|\n)\s*[$#] |\b[a-z]+_[a-z_]+ ?[=:]|\bcurl\b|\bapiversion:/i;

/** Wishes of others are heard when whoever is responsible has them. */
const REPORTED =
  /(?:^|\n)\s*>|\b(?:said|wrote|told (?:me|us)|claims?|quot(?:e|es|ed|ing)|according to(?! (?:the )?(?:pci|best practices?|standards?))|(?<!(?:that|which|page|banner|notice|message|and) )says)\b|(?:라고|다고|자고|달라고|라며) ?(?:했|하네|하던|말|적|써|요청|한다)/i;

/** Over the words as they came: where lines end is lost later. */
const formOf = (raw: string): Objection | null => {
  if (PASTED.test(raw.trim())) return "is_pasted";
  return REPORTED.test(raw) ? "is_reported" : null;
};

/** What a page is to say is no part of the wish. Whoever instructs us there is heard all the same. */
const MESSAGE =
  /(?<=(?:\bsays|\bsaying|\breads?|\breading|\bmessage|\btext|문구|메시지)[를은는]?:? )"[^"]*"/g;

/** `slack.com` is where something goes to, and not what is to be changed. */
const NAME = /\b[\w-]+(?:\.[\w-]+)+\b/g;

/** `raw`: as it came; `text`: in the form that is read. */
export function objectionTo(raw: string, text: string): Objection | null {
  const wish = text.replaceAll(MESSAGE, " ");
  const guard = GUARDS.find(({ objection, pattern }) =>
    pattern.test(
      objection === "instructions"
        ? text
        : objection === "elsewhere"
          ? wish.replaceAll(NAME, " ")
          : wish,
    ),
  );
  return guard?.objection ?? formOf(raw);
}
