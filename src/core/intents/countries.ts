/** How people name countries, in English and Korean: `code|names`. Codes alone count only in capitals (`KR`): `in` and `at` are words. */
const NAMES = `
AE|united arab emirates|uae|emirates|아랍에미리트
AF|afghanistan|afghan|아프가니스탄
AR|argentina|argentinian|아르헨티나
AT|austria|austrian|오스트리아
AU|australia|australian|호주|오스트레일리아
BD|bangladesh|방글라데시
BE|belgium|belgian|벨기에
BG|bulgaria|bulgarian|불가리아
BR|brazil|brazilian|브라질
BY|belarus|belarusian|벨라루스
CA|canada|canadian|캐나다
CH|switzerland|swiss|스위스
CL|chile|chilean|칠레
CN|china|chinese|mainland china|중국
CO|colombia|colombian|콜롬비아
CU|cuba|cuban|쿠바
CZ|czech republic|czechia|czech|체코
DE|germany|german|독일
DK|denmark|danish|덴마크
EG|egypt|egyptian|이집트
ES|spain|spanish|스페인
FI|finland|finnish|핀란드
FR|france|french|프랑스
GB|united kingdom|great britain|britain|british|england|uk|영국
GR|greece|greek|그리스
HK|hong kong|홍콩
HU|hungary|hungarian|헝가리
ID|indonesia|indonesian|인도네시아
IE|ireland|irish|아일랜드
IL|israel|israeli|이스라엘
IN|india|indian|인도
IQ|iraq|iraqi|이라크
IR|iran|iranian|이란
IT|italy|italian|이탈리아
JP|japan|japanese|일본
KH|cambodia|캄보디아
KP|north korea|north korean|dprk|북한|조선
KR|south korea|south korean|republic of korea|korea|korean|한국|대한민국|국내
KZ|kazakhstan|카자흐스탄
LA|laos|라오스
LK|sri lanka|스리랑카
LY|libya|리비아
MM|myanmar|미얀마
MN|mongolia|몽골
MX|mexico|mexican|멕시코
MY|malaysia|malaysian|말레이시아
NG|nigeria|nigerian|나이지리아
NL|netherlands|holland|dutch|네덜란드
NO|norway|norwegian|노르웨이
NP|nepal|네팔
NZ|new zealand|뉴질랜드
PE|peru|페루
PH|philippines|filipino|필리핀
PK|pakistan|pakistani|파키스탄
PL|poland|polish|폴란드
PT|portugal|portuguese|포르투갈
RO|romania|romanian|루마니아
RS|serbia|serbian|세르비아
RU|russia|russian|russian federation|러시아
SA|saudi arabia|saudi|사우디아라비아|사우디
SD|sudan|수단
SE|sweden|swedish|스웨덴
SG|singapore|싱가포르
SY|syria|syrian|시리아
TH|thailand|thai|태국
TR|turkey|türkiye|turkish|튀르키예|터키
TW|taiwan|taiwanese|대만
UA|ukraine|ukrainian|우크라이나
US|united states of america|united states|usa|america|american|미국
UZ|uzbekistan|우즈베키스탄
VE|venezuela|베네수엘라
VN|vietnam|viet nam|vietnamese|베트남
YE|yemen|예멘
ZA|south africa|남아프리카공화국|남아공
AD|andorra|안도라
AG|antigua|앤티가
AL|albania|albanian|알바니아
AM|armenia|armenian|아르메니아
AO|angola|앙골라
AZ|azerbaijan|아제르바이잔
BA|bosnia|보스니아
BB|barbados|바베이도스
BF|burkina faso|부르키나파소
BH|bahrain|바레인
BI|burundi|부룬디
BJ|benin|베냉
BN|brunei|브루나이
BO|bolivia|볼리비아
BS|bahamas|바하마
BT|bhutan|부탄
BW|botswana|보츠와나
BZ|belize|벨리즈
CD|democratic republic of the congo|dr congo|drc|콩고민주공화국
CF|central african republic|중앙아프리카공화국
CG|congo|콩고
CI|ivory coast|cote d'ivoire|코트디부아르
CM|cameroon|카메룬
CR|costa rica|코스타리카
CY|cyprus|키프로스
DJ|djibouti|지부티
DO|dominican republic|도미니카공화국
DZ|algeria|algerian|알제리
EC|ecuador|에콰도르
EE|estonia|estonian|에스토니아
ER|eritrea|에리트레아
ET|ethiopia|ethiopian|에티오피아
FJ|fiji|피지
GA|gabon|가봉
GE|georgia|조지아
GH|ghana|가나
GM|gambia|감비아
GN|guinea|기니
GT|guatemala|과테말라
GY|guyana|가이아나
HN|honduras|온두라스
HR|croatia|croatian|크로아티아
HT|haiti|아이티
IS|iceland|아이슬란드
JM|jamaica|자메이카
JO|jordan|요르단
KE|kenya|kenyan|케냐
KG|kyrgyzstan|키르기스스탄
KW|kuwait|쿠웨이트
LB|lebanon|lebanese|레바논
LI|liechtenstein|리히텐슈타인
LR|liberia|라이베리아
LT|lithuania|lithuanian|리투아니아
LU|luxembourg|룩셈부르크
LV|latvia|latvian|라트비아
MA|morocco|moroccan|모로코
MC|monaco|모나코
MD|moldova|몰도바
ME|montenegro|몬테네그로
MG|madagascar|마다가스카르
MK|north macedonia|macedonia|마케도니아
ML|mali|말리
MO|macau|macao|마카오
MR|mauritania|모리타니
MT|malta|몰타
MU|mauritius|모리셔스
MV|maldives|몰디브
MW|malawi|말라위
MZ|mozambique|모잠비크
NA|namibia|나미비아
NE|niger|니제르
NI|nicaragua|니카라과
OM|oman|오만
PA|panama|파나마
PG|papua new guinea|파푸아뉴기니
PR|puerto rico|푸에르토리코
PS|palestine|팔레스타인
PY|paraguay|파라과이
QA|qatar|카타르
RW|rwanda|르완다
SI|slovenia|슬로베니아
SK|slovakia|슬로바키아
SN|senegal|세네갈
SO|somalia|소말리아
SS|south sudan|남수단
SV|el salvador|엘살바도르
TD|chad|차드
TG|togo|토고
TJ|tajikistan|타지키스탄
TM|turkmenistan|투르크메니스탄
TN|tunisia|튀니지
TT|trinidad|트리니다드
TZ|tanzania|탄자니아
UG|uganda|우간다
UY|uruguay|우루과이
VA|vatican|바티칸
XK|kosovo|코소보
ZM|zambia|잠비아
ZW|zimbabwe|짐바브웨
T1|tor exit nodes|tor network|tor users|tor|토르
`;

interface Named {
  readonly name: string;
  readonly code: string;
}

/** Longest first: `north korea` before `korea`. */
const BY_NAME: readonly Named[] = NAMES.trim()
  .split("\n")
  .flatMap((line) => {
    const [code = "", ...names] = line.split("|");
    return names.map((name) => ({ name, code }));
  })
  .toSorted((a, b) => b.name.length - a.name.length);

const CODES = new Set(BY_NAME.map(({ code }) => code));
const isLatin = (name: string): boolean => /^[a-zü. ]+$/.test(name);

/** Words that a Korean name is part of and that mean no country: 인도 (India) in 인도네시아 is handled by length, these are not. */
const NO_COUNTRY =
  /오만(?= ?(?:rps|qps|tps|건|개|회|요청|트래픽))|인도적|수단으로|수단을|방어 수단|보호 수단|프랑스어|한국어|중국어|일본어|영어|독일어|turkey sandwich/g;

/** Stands where a country was taken out. */
export const COUNTRY = "\u25c8";

/** Parts of the world, which no list of ours spells out: whoever names one has to say which countries. */
const REGIONS =
  /\b(?:europe(?:an)?(?: union)?|eu|eea|asia(?:n)?|apac|africa(?:n)?|emea|latam|latin america|south america|north america|middle east(?:ern)?|oceania|scandinavia|balkans?|gulf|caribbean|nato|brics|sanctioned|embargoed|high[- ]risk|overseas|abroad|foreign)\b|유럽|아시아|아프리카|중동|남미|북미|동남아|오세아니아|제재|해외|국외|외국/;

export interface Countries {
  readonly codes: readonly string[];
  /** Something that is no country of the list, beside one that is: left out silently it would be a wrong list. */
  readonly vague: boolean;
  /** The text with `COUNTRY` in place of their names. */
  readonly rest: string;
}

export function countriesIn(text: string, raw: string): Countries {
  const codes = new Set<string>();
  let rest = text.replaceAll(NO_COUNTRY, " ");
  for (const { name, code } of BY_NAME) {
    if (!rest.includes(name)) continue;
    const pattern = isLatin(name)
      ? new RegExp(`(?<![a-z0-9])${name}(?![a-z0-9])`, "g")
      : new RegExp(name, "g");
    if (!pattern.test(rest)) continue;
    codes.add(code);
    rest = rest.replaceAll(new RegExp(pattern.source, "g"), ` ${COUNTRY} `);
  }
  // A text all in capitals tells nothing by them.
  const shouted = raw === raw.toUpperCase() && /[A-Z]{3}/.test(raw);
  const words = shouted ? [] : raw.matchAll(/(?<![A-Za-z0-9.-])[A-Z]{2}(?![A-Za-z0-9.-])/g);
  for (const [word] of words) {
    if (!CODES.has(word) || AMBIGUOUS.has(word)) continue;
    codes.add(word);
    rest = rest.replaceAll(
      new RegExp(`(?<![a-z0-9])${word.toLowerCase()}(?![a-z0-9])`, "g"),
      ` ${COUNTRY} `,
    );
  }
  rest = rest.replaceAll(/\s+/g, " ");
  return {
    codes: [...codes].toSorted(),
    vague: REGIONS.test(rest) || (codes.size > 0 && hasUnknownNeighbour(rest, raw)),
    rest,
  };
}

const BESIDE = new RegExp(
  `([\\p{L}\\p{N}]+) ?(?:,| and| or| &|와|과|하고|및) ?(?:and )?(?:the )?${COUNTRY}|${COUNTRY} ?(?:,|and|or|&|와|과|하고|및) ?(?:and )?(?:the )?([\\p{L}\\p{N}]+)`,
  "gu",
);

/** Beside a country in a list stands a name that is none: it begins with a capital, or it is Korean and stands before `와`. */
function hasUnknownNeighbour(rest: string, raw: string): boolean {
  return [...rest.matchAll(BESIDE)].some(([, before, after]) => {
    const word = before ?? after ?? "";
    if (/^[가-힣]/.test(word)) return before !== undefined && !/[을를이가은는고며서에]$/.test(word);
    const written = new RegExp(`(?<=[^.!?] )${word}\\b`, "i").exec(raw)?.[0] ?? "";
    return /^[A-Z][a-z]/.test(written);
  });
}

/** Capitals that stand for something else in this trade more often than for a country. */
const AMBIGUOUS = new Set(
  "ID IN IT NO BE AT ES CO AS LA PE DO SO ME MY TO AM PS AD MX MC CD CI CF GA MT PR AI IS OM PA SC".split(
    " ",
  ),
);
