import { it } from "vitest";
import { interpret } from "../../../src/core/intents/rules.ts";
import { NOW } from "../harbor.ts";
const T = `
edge|Secure our API at the edge with caching and DDoS mitigation
edge|I'd like an edge cache in front of the API, hardened against denial of service
edge|Can you set up edge caching for the API and protect it from volumetric attacks?
edge|Enable DDoS guardrails and caching for api traffic
edge|Accelerate and protect the API with an edge cache and anti-DDoS rules
edge|Shield our REST API from bots and floods and cache GET responses
edge|Add rate limiting and WAF protection to our public API
edge|Could you please make the API edge cache safe from DDoS attacks
edge|API 캐시를 엣지에 두고 DDoS 방어도 해줘
edge|디도스 방어가 적용된 API 엣지 캐시를 설정해 주세요
edge|API를 위한 안전한 엣지 캐시 구성 부탁해, DDoS 보호 포함
edge|엣지에서 API를 캐싱하고 디도스 가드레일을 걸어줘
edge|API 응답을 엣지에서 캐시하고 과도한 요청은 제한해줘
scale|Scale production to 10,000 RPS and enable the WAF
scale|Take prod to 10K requests/sec with WAF protection
scale|Ramp production up to 10 thousand rps, WAF on
scale|prod should be able to serve 10k requests per second with a web application firewall in front
scale|Our production env needs to sustain 50k rps; turn on WAF
scale|Bump prod capacity to 15k qps behind WAF
scale|Black Friday is coming, we need 30,000 req/s on prod with WAF
scale|Grow prod throughput to 10krps
scale|Let prod take 12k requests each second, protected by the WAF
scale|프로덕션을 10,000 RPS로 스케일링하고 WAF 켜줘
scale|prod 트래픽을 초당 1만 요청까지 확장하고 웹방화벽도 적용해줘
scale|WAF를 적용하면서 prod를 만 RPS까지 늘려줘
scale|초당 10,000 요청을 견딜 수 있도록 운영 서버를 확장하고 WAF로 보호해줘
scale|prod 용량을 15k RPS로 올리고 WAF 활성화해줘
pci|Stand up a service that complies with PCI-DSS
pci|Create a PCI DSS-compliant environment
pci|Make us PCI compliant
pci|Deploy a payment service that meets PCI-DSS
pci|We need a PCI DSS baseline on this zone
pci|Launch a credit card processing service that passes a PCI audit
pci|PCI-DSS를 준수하는 서비스를 프로비저닝해줘
pci|PCI DSS 준수 환경을 구축해줘
pci|카드 결제 서비스를 PCI-DSS 규격에 맞게 배포해줘
pci|PCI 인증 요건에 맞는 서비스 만들어줘
egress|Apply zero-trust egress controls through Gateway
egress|Restrict outbound internet access for our workforce to safe sites
egress|Filter outbound DNS with Gateway so staff can't reach phishing sites
egress|Set up a secure web gateway for outbound traffic
egress|제로 트러스트 이그레스 정책을 설정해줘
egress|아웃바운드 트래픽을 게이트웨이로 통제해줘
static|Publish a static website to www.harbor.example with R2 and a Worker
static|Put up a marketing site on promo.harbor.example
static|www.harbor.example에 정적 웹사이트를 호스팅해줘
static|R2와 워커로 blog.harbor.example 블로그를 띄워줘
service|Deploy a new backend API with D1 and KV bindings
service|Bootstrap an API worker using R2 storage
service|D1, KV, R2 바인딩이 있는 워커 API를 배포해줘
mail|Protect our domain against email spoofing
mail|Publish SPF/DKIM/DMARC records
mail|Harden email DNS with SPF, DKIM, DMARC and MTA-STS
mail|메일 스푸핑 방지를 위해 SPF, DKIM, DMARC 레코드를 추가해줘
mail|이메일 인증 DNS를 구성해줘
down|Put up a maintenance page
down|Switch www.harbor.example to maintenance mode
down|Display a "we'll be back soon" page while we do maintenance
down|유지보수 페이지를 표시해줘
down|www.harbor.example에 점검 안내 페이지를 보여줘
geo|Block Eritrea and Iran
BAD|Block Wakanda and Iran
BAD|Block all traffic from China except /api
BAD|Block China but allow Hong Kong
BAD|Block Europe and Iran
geo|Block everyone except people from Korea
geo|Don't let anyone from Iran in
BAD|유럽과 이란을 차단해줘
BAD|와칸다와 이란을 차단해줘
geo|Deny access from China and Russia
geo|Restrict the admin area /admin to users in Korea
geo|Geo-block North Korea
geo|Allow traffic only from the US and Canada
geo|Block ASN 13335
geo|Drop requests coming from AS12345
geo|북한과 이란의 접근을 막아줘
geo|대한민국과 일본 외의 국가는 모두 차단해줘
geo|AS64512 네트워크를 차단해줘
geo|/admin 경로는 한국에서만 허용해줘
rotate|Rotate all API credentials every 60 days
rotate|Set up credential rotation
rotate|Our access tokens should be renewed every 90 days
rotate|Roll the API keys monthly
rotate|자격 증명을 주기적으로 교체해줘
rotate|API 키를 30일마다 로테이션해줘
`.trim().split("\n").map((l)=>l.split("|"));
const M: Record<string,string>={edge:"secure-api-edge",scale:"scale-with-waf",pci:"pci-dss-baseline",egress:"zero-trust-egress",static:"static-site",service:"api-service",mail:"email-authentication",down:"maintenance-page",geo:"geo-restriction",rotate:"credential-rotation"};
it("x", () => {
  let ok=0; 
  for (const [k,t] of T) {
    const r = interpret(t!, { level: "zone", zone: "harbor.example", now: NOW, uses: [] });
    const p = r.type==="choice"? r.chosen.map((c)=>c.path).join():"";
    if (p===M[k!]) { ok++; console.log("ok  ", t, JSON.stringify(r.type==="choice"?r.chosen.map((c)=>c.parameters):0)); } else console.log("BAD ", r.type==="choice"?"CONFIDENT-WRONG":"", t, JSON.stringify(r));
  }
  console.log(ok, T.length);
});
