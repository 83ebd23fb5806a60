/** PCI DSS: who administers, where people sign in, how long logs are kept and where. */
import { byRules, filled, hostOf, type PathReading } from "./path-rules.ts";
import { AWS_REGION, SEOUL } from "./places.ts";
import type { Reading } from "./reading.ts";

const DAY_SECONDS = 86_400;
/** The first region is where AWS itself puts what is not told where. */
const regionIn = ({ text }: Reading): string =>
  AWS_REGION.exec(text)?.[0] ?? (SEOUL.test(text) ? "ap-northeast-2" : "us-east-1");
/** A path behind one of these is where people sign in. */
const SIGN_IN =
  /\b(?:log-?in|sign-?in|log in|sign in)(?: (?:page|form|path|url|is|at|on|under|via|through|path is|page is|page at|page on))* ?:? ?(\/[\w.~/-]+)|(\/[\w.~/-]+)(?:에서|으?로)? ?로그인|로그인 ?(?:경로|페이지|주소)?[은는이가]? ?(\/[\w.~/-]+)/i;

const attemptsIn = ({ rates: [rate], text }: Reading): number | undefined =>
  rate !== undefined && (rate.attempts || /\b(?:log|sign)-?in|로그인/.test(text))
    ? Math.round((rate.requests * 60) / rate.seconds)
    : undefined;

export const pciDssBaseline: PathReading = {
  path: "pci-dss-baseline",
  recognise: byRules([{ all: ["pci"], is: 95, because: "PCI DSS" }]),
  fill(reading) {
    const { places, durations } = reading;
    const days = durations.map((one) => Math.round(one / DAY_SECONDS)).find((one) => one >= 365);
    const staff = places.emails[0]?.split("@")[1];
    const signIn = (SIGN_IN.exec(reading.written) ?? [])
      .slice(1)
      .find((path) => path !== undefined);
    // What is shown to few has such a path; a path alone may be all that is meant.
    const isAdmin = reading.has("admin") || /\baccess\b|\bprotect|보호|콘솔/.test(reading.rest);
    const admin = isAdmin ? places.paths.filter((path) => path !== signIn) : [];
    return filled({
      hostname: hostOf(reading),
      admin_paths: admin.length > 0 ? admin : undefined,
      login_path: signIn,
      login_attempts_per_minute: attemptsIn(reading),
      admin_email_domain: staff,
      log_retention_days: days,
      aws_region: reading.has("aws") ? regionIn(reading) : undefined,
      route53_zone: reading.has("aws") ? (reading.setting.zone ?? undefined) : undefined,
    });
  },
};
