// One line for each second of traffic: how much came, how much of it was the attack's, how much was kept out.
const WIDTH = 44;
const PLAIN = { others: "=", attack: "#", stopped: ".", empty: " " };
const DRAWN = { others: "█", attack: "█", stopped: "░", empty: " " };

/** @param {{ ink: Record<string, (text: string) => string>, isDrawn: boolean, full: number }} input `full`: visits of a whole line */
export function chartOf({ ink, isDrawn, full }) {
  const marks = isDrawn ? DRAWN : PLAIN;
  return {
    legend: () =>
      `${" ".repeat(9)}${ink.good(marks.others)} others   ${ink.bad(marks.attack)} attack   ` +
      `${ink.quiet(marks.stopped)} attack, kept out`,
    line: (second, number) => {
      const { normal, attack, stopped } = second;
      const total = normal + attack;
      const cells = Math.min(WIDTH, Math.max(1, Math.round((total / full) * WIDTH)));
      const share = (part) => (total === 0 ? 0 : Math.round((part / total) * cells));
      // Whoever is there is seen, however large the flood is.
      const others = normal === 0 ? 0 : Math.max(1, share(normal));
      const passed = attack > stopped ? Math.max(1, share(attack - stopped)) : 0;
      const out = Math.max(0, cells - others - passed);
      const bar =
        ink.good(marks.others.repeat(others)) +
        ink.bad(marks.attack.repeat(passed)) +
        ink.quiet(marks.stopped.repeat(out));
      const gap = marks.empty.repeat(Math.max(0, WIDTH - others - passed - out));
      return `${clock(number)}  ${bar}${gap} ${String(total).padStart(4)}/s  ${stateOf(second, ink)}`;
    },
  };
}

const clock = (number) => ` +${String(number).padStart(3, " ")} s`;

function stateOf({ normal, hurt, failed, p95_ms: slow }, ink) {
  const share = (part) => `${Math.round((100 * part) / Math.max(1, normal))} %`;
  if (failed > 0) return ink.bad(`${share(failed)} of the others get errors`);
  if (hurt > 0) return ink.bad(`${share(hurt)} of the others are kept out`);
  return slow > 1_000 ? `slow: ${(slow / 1_000).toFixed(1)} s` : ink.quiet(`fine: ${slow} ms`);
}
