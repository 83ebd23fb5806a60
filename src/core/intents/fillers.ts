/**
 * Words that neither limit a wish nor add to it. Not here, and so asked about: negation, exceptions, conditions, times, shares
 * (`half`, `some`), distribution (`per`, `each`), comparisons, modal verbs outside of a request, forms of the past, who is to do it,
 * and names of anything that the product does not know.
 */
import { IMPERATIVES } from "./sentence.ts";

const GRAMMAR = `
a an the this that these those it its it's them they their there here our ours us we we're i i'm my me you your also plus too as well both
together then along alongside additionally to of on in at for with by from into onto over across against before behind front through via
using towards toward up out is are be being and so since because due owing therefore thus hence accordingly regarding concerning which who
what how where all whole entire every any everything anyway again such order reason just new
`;

/** What is done, for a purpose or in a reason. None of them asks for anything by standing first (`sentence.ts` has those that do). */
const DEEDS = `
get gets getting got go goes come coming going thank appreciate appreciated hope expect expecting expects expected love mind wants wanted
needed needs required requires adds adding added applies applied applying putting puts placed sets setting uses used enables enabled
enabling turned switched brings takes keeps kept gives makes making made running configured configuring provides includes included
including live holds hold help helps work works working become looking look show move shift follows achieves reach handles process
processes processing fend fends fending ward repel resist deflect stave accelerated boost improve improved fronted fronting sit sits
sitting backed powered cover covers covered wrapped surround serve served serves deal cope absorb survive tolerate supports prevents
tightened hardened deployed hosted created built established offer offers wire hook sort address aim anticipate assemble assure attain
await bear buffer carry cater certify compose employ empower execute face facilitate hammer hammered hit install
instantiate lead leak leaked maintain manage match matches matched operate orchestrate oversee pair perform preserve proceed procure
receive rely render rollout rolled see shelter shrug stick suffer tackle thrive transform trust undergo upscale weather wish worry worried
abuse abused attack attacked targeted threaten threatened overload overwhelm compromise stolen stole struggle begin commence slap throw
 bolt glue land bracing reply replies instal grow growing trending double doubles triple withstanding modernise modernize satisfied fulfilling
ticking tick fall falls break breaks die dies collapse buckle melt crash crashes sweat adopt bulletproof cushion develop devise optimise
optimize integrate meets meeting pass passes complies conforms satisfies fulfils accommodate grant update
`;

const THINGS = `
prod production zone domain website websites web site host hosts hostname backend origin origins system systems
platform infrastructure infra environment env cloudflare company business organisation organization org product deployment application
internet project settings rule rules policy policies protection protections layer solution feature features option options mode
level kind type way thing things stuff case control controls measure measures path golden template launch day event campaign campaigns
sale season holiday lots lot bunch customers customer team bit target configuration configurations setup standards practice practices
rails rail wall barrier armour armor area section users people visitor visitors shop store storefront portal webshop webapp app apps
performance availability door doors gate umbrella blanket coat skin sheath outage outages downtime hassle drama pain attacker attackers
hacker hackers criminals crooks intruder intruders adversary adversaries script kiddies kid junk rubbish noise incident risk danger
trouble problem issue emergency audit auditor regulator regulation law management leadership promotion ad news
coverage announcement rush surge wave spike peak load volume growth interest popularity crowd speed experience uptime safety
privacy job task goal purpose objective requirement visibility moment notch rock end tier shape form colleagues colleague friends guys
somebody someone class industry enterprise state art accordance line fleet cluster perimeter entry stack scenario situation manner flash respect terms
request grade fear design promo concern edge
`;

/** How something is or is done: adjectives, adverbs, courtesies. */
const QUALITIES = `
active public facing online ready able sure now quick quickly right away immediately asap full fully complete completely proper
properly robust robustly strong strongly solid solidly simple simply basic standard best modern big major huge large heavy high highly
many nice great lovely good safe safely secure bad malicious evil hostile anti reliably reliable tight tightly efficient
efficiently performant scalable resilient resilience available fresh dedicated own necessary appropriate suitable sensible decent top
turnkey comfortable sturdy tough airtight watertight smart clever clean neat tidy small tiny little compact massive enormous sudden
upcoming imminent usual important critical vital essential crucial serious excellent dependable stable steady smooth seamless
painless swift rapid speedy instant prompt urgent immediate capable certain happy glad keen safer safest stronger tougher official formal
mandatory compulsory relevant adequate sufficient enough real true actual comprehensive holistic global worldwide world always actually
really basically ideally gracefully definitely absolutely very quite pretty super much even ahead amid elastic elastically sturdily viral
grateful awesome brilliant soonest straight shortly hefty vast giant crazy insane steep significant substantial considerable noticeable
intense aggressive frequent constant continuous ongoing battle tested proof proofed professional proven latest greatest compliant
conformant according aligned align comfortably easily effortlessly happily confidently gladly correctly nicely neatly cleanly
thoroughly consistently continuously constantly promptly urgently automatic automated auto friendly centric related based oriented overall
soon please pls plz kindly thanks cheers hi hey hello dear folks
`;

const listed = (words: string): readonly string[] =>
  words.split(/\s+/).filter((word) => word !== "");

/** Commands that say what to keep out, or from whom, or what to renew are words of the paths that take it. */
const CONTRARY = new Set(
  listed(
    "accept admit allow ban block cache challenge confine cut cycle deny disallow drop expire filter forbid limit only open permit move post prohibit redirect refuse reject renew replace restrict rotate send shut stop throttle",
  ),
);

const VERBS: ReadonlySet<string> = new Set(listed(DEEDS));

/** A verb as it would ask, were it one that asks. */
export const isDeed = (word: string): boolean => VERBS.has(word) && !/(?:ing|ed|[^s]s)$/.test(word);

const NOUNS: ReadonlySet<string> = new Set(listed(THINGS));
export const isThing = (word: string): boolean => NOUNS.has(word);

export const FILLERS: ReadonlySet<string> = new Set([
  ...[GRAMMAR, DEEDS, THINGS, QUALITIES].flatMap(listed),
  ...IMPERATIVES.filter((command) => !CONTRARY.has(command)),
]);
