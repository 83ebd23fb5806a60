/** The catalogue. A new entry is one file and one line here; then it is signed again (`scripts/cve-catalogue.mjs`). */
import type { CveEntry } from "./entry.ts";
import { CVE_2014_6271 } from "./entries/cve-2014-6271.ts";
import { CVE_2017_5638 } from "./entries/cve-2017-5638.ts";
import { CVE_2017_9841 } from "./entries/cve-2017-9841.ts";
import { CVE_2018_7600 } from "./entries/cve-2018-7600.ts";
import { CVE_2018_13379 } from "./entries/cve-2018-13379.ts";
import { CVE_2018_20062 } from "./entries/cve-2018-20062.ts";
import { CVE_2019_2725 } from "./entries/cve-2019-2725.ts";
import { CVE_2019_16759 } from "./entries/cve-2019-16759.ts";
import { CVE_2019_19781 } from "./entries/cve-2019-19781.ts";
import { CVE_2020_5902 } from "./entries/cve-2020-5902.ts";
import { CVE_2020_14882 } from "./entries/cve-2020-14882.ts";
import { CVE_2020_17530 } from "./entries/cve-2020-17530.ts";
import { CVE_2020_25213 } from "./entries/cve-2020-25213.ts";
import { CVE_2021_3129 } from "./entries/cve-2021-3129.ts";
import { CVE_2021_21972 } from "./entries/cve-2021-21972.ts";
import { CVE_2021_22205 } from "./entries/cve-2021-22205.ts";
import { CVE_2021_26084 } from "./entries/cve-2021-26084.ts";
import { CVE_2021_26855 } from "./entries/cve-2021-26855.ts";
import { CVE_2021_34473 } from "./entries/cve-2021-34473.ts";
import { CVE_2021_41773 } from "./entries/cve-2021-41773.ts";
import { CVE_2021_43798 } from "./entries/cve-2021-43798.ts";
import { CVE_2021_44228 } from "./entries/cve-2021-44228.ts";
import { CVE_2022_1388 } from "./entries/cve-2022-1388.ts";
import { CVE_2022_22947 } from "./entries/cve-2022-22947.ts";
import { CVE_2022_22954 } from "./entries/cve-2022-22954.ts";
import { CVE_2022_22963 } from "./entries/cve-2022-22963.ts";
import { CVE_2022_22965 } from "./entries/cve-2022-22965.ts";
import { CVE_2022_26134 } from "./entries/cve-2022-26134.ts";
import { CVE_2022_27925 } from "./entries/cve-2022-27925.ts";
import { CVE_2022_36804 } from "./entries/cve-2022-36804.ts";
import { CVE_2022_40684 } from "./entries/cve-2022-40684.ts";
import { CVE_2023_3519 } from "./entries/cve-2023-3519.ts";
import { CVE_2023_4966 } from "./entries/cve-2023-4966.ts";
import { CVE_2023_7028 } from "./entries/cve-2023-7028.ts";
import { CVE_2023_20198 } from "./entries/cve-2023-20198.ts";
import { CVE_2023_22515 } from "./entries/cve-2023-22515.ts";
import { CVE_2023_22527 } from "./entries/cve-2023-22527.ts";
import { CVE_2023_32315 } from "./entries/cve-2023-32315.ts";
import { CVE_2023_34362 } from "./entries/cve-2023-34362.ts";
import { CVE_2023_35078 } from "./entries/cve-2023-35078.ts";
import { CVE_2023_42793 } from "./entries/cve-2023-42793.ts";
import { CVE_2023_44487 } from "./entries/cve-2023-44487.ts";
import { CVE_2023_49103 } from "./entries/cve-2023-49103.ts";
import { CVE_2023_50164 } from "./entries/cve-2023-50164.ts";
import { CVE_2023_51467 } from "./entries/cve-2023-51467.ts";
import { CVE_2024_0012 } from "./entries/cve-2024-0012.ts";
import { CVE_2024_1709 } from "./entries/cve-2024-1709.ts";
import { CVE_2024_3094 } from "./entries/cve-2024-3094.ts";
import { CVE_2024_3400 } from "./entries/cve-2024-3400.ts";
import { CVE_2024_4577 } from "./entries/cve-2024-4577.ts";
import { CVE_2024_6387 } from "./entries/cve-2024-6387.ts";
import { CVE_2024_21887 } from "./entries/cve-2024-21887.ts";
import { CVE_2024_23897 } from "./entries/cve-2024-23897.ts";
import { CVE_2024_27198 } from "./entries/cve-2024-27198.ts";
import { CVE_2024_45519 } from "./entries/cve-2024-45519.ts";
import { CVE_2024_50623 } from "./entries/cve-2024-50623.ts";
import { CVE_2025_0108 } from "./entries/cve-2025-0108.ts";
import { CVE_2025_1974 } from "./entries/cve-2025-1974.ts";
import { CVE_2025_3248 } from "./entries/cve-2025-3248.ts";
import { CVE_2025_4427 } from "./entries/cve-2025-4427.ts";
import { CVE_2025_5777 } from "./entries/cve-2025-5777.ts";
import { CVE_2025_24813 } from "./entries/cve-2025-24813.ts";
import { CVE_2025_29927 } from "./entries/cve-2025-29927.ts";
import { CVE_2025_31161 } from "./entries/cve-2025-31161.ts";
import { CVE_2025_31324 } from "./entries/cve-2025-31324.ts";
import { CVE_2025_32433 } from "./entries/cve-2025-32433.ts";
import { CVE_2025_53770 } from "./entries/cve-2025-53770.ts";
import { CVE_2025_55182 } from "./entries/cve-2025-55182.ts";

/** Grows with every change. */
export const VERSION = 5;

export const ENTRIES: readonly CveEntry[] = [
  CVE_2014_6271,
  CVE_2017_5638,
  CVE_2017_9841,
  CVE_2018_7600,
  CVE_2018_13379,
  CVE_2018_20062,
  CVE_2019_2725,
  CVE_2019_16759,
  CVE_2019_19781,
  CVE_2020_5902,
  CVE_2020_14882,
  CVE_2020_17530,
  CVE_2020_25213,
  CVE_2021_3129,
  CVE_2021_21972,
  CVE_2021_22205,
  CVE_2021_26084,
  CVE_2021_26855,
  CVE_2021_34473,
  CVE_2021_41773,
  CVE_2021_43798,
  CVE_2021_44228,
  CVE_2022_1388,
  CVE_2022_22947,
  CVE_2022_22954,
  CVE_2022_22963,
  CVE_2022_22965,
  CVE_2022_26134,
  CVE_2022_27925,
  CVE_2022_36804,
  CVE_2022_40684,
  CVE_2023_3519,
  CVE_2023_4966,
  CVE_2023_7028,
  CVE_2023_20198,
  CVE_2023_22515,
  CVE_2023_22527,
  CVE_2023_32315,
  CVE_2023_34362,
  CVE_2023_35078,
  CVE_2023_42793,
  CVE_2023_44487,
  CVE_2023_49103,
  CVE_2023_50164,
  CVE_2023_51467,
  CVE_2024_0012,
  CVE_2024_1709,
  CVE_2024_3094,
  CVE_2024_3400,
  CVE_2024_4577,
  CVE_2024_6387,
  CVE_2024_21887,
  CVE_2024_23897,
  CVE_2024_27198,
  CVE_2024_45519,
  CVE_2024_50623,
  CVE_2025_0108,
  CVE_2025_1974,
  CVE_2025_3248,
  CVE_2025_4427,
  CVE_2025_5777,
  CVE_2025_24813,
  CVE_2025_29927,
  CVE_2025_31161,
  CVE_2025_31324,
  CVE_2025_32433,
  CVE_2025_53770,
  CVE_2025_55182,
];
