import { digestOf } from "../../../src/core/canonical.ts";
import { record } from "../harbor.ts";
import { leftOutOf, addDelete, batchOf, rawOf, stepOf, type Loose } from "./dossiers.ts";

/** One thing that is changed in a sound dossier, and who at least has to notice. */
export const TAMPERS: readonly [what: string, by: string[], tamper: (dossier: Loose) => void][] = [
  [
    "a value in a body",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).patches[0].ttl = 999;
    },
  ],
  [
    "a value and the prediction of it",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).patches[0].ttl = 999;
      stepOf(d, "update").after.fields.ttl = 999;
    },
  ],
  [
    "the value of a new record",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).posts[0].content = "203.0.113.66";
    },
  ],
  [
    "a setting's value",
    ["simulation", "conformance"],
    (d) => {
      d.plan.calls[1].request.body.value = "flexible";
    },
  ],
  [
    "a member that was not to be touched",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).patches[0].comment = "hello";
    },
  ],
  [
    "a member that no auditor can read",
    ["policy"],
    (d) => {
      batchOf(d).patches[0].private_routing = true;
    },
  ],
  [
    "a member of the settings that no auditor can read",
    ["policy"],
    (d) => {
      batchOf(d).posts[0].settings = { mystery: true };
    },
  ],
  [
    "another object in an operation",
    ["simulation"],
    (d) => {
      batchOf(d).patches[0].id = "r3";
    },
  ],
  [
    "another object in a deletion",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).deletes[0].id = "r4";
    },
  ],
  [
    "an operation without a step",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).posts.push({ type: "A", name: "evil.harbor.example", content: "203.0.113.66" });
    },
  ],
  [
    "an operation that is no list member",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).posts[0] = "text";
    },
  ],
  [
    "a step less, of what is missing",
    ["simulation", "conformance"],
    (d) => {
      batchOf(d).posts = [];
      d.plan.calls[0].steps.pop();
      const [, , , , setting_] = d.plan.steps;
      d.plan.steps.splice(3, 2, setting_);
      d.plan.calls[1].steps = [3];
    },
  ],
  [
    "a call less",
    ["simulation", "conformance"],
    (d) => {
      d.plan.calls.pop();
    },
  ],
  [
    "a call and its step less",
    ["simulation", "conformance"],
    (d) => {
      d.plan.calls.pop();
      d.plan.steps.pop();
    },
  ],
  [
    "a call twice",
    ["conformance"],
    (d) => {
      d.plan.calls.push(d.plan.calls[1]);
    },
  ],
  [
    "no steps at all",
    ["simulation", "conformance"],
    (d) => {
      d.plan.calls = [];
      d.plan.steps = [];
    },
  ],
  [
    "the steps of two calls exchanged",
    ["conformance"],
    (d) => {
      const [first, second] = d.plan.calls;
      second.steps = [first.steps[0]];
      first.steps[0] = 4;
    },
  ],
  [
    "the order of steps within a call",
    ["simulation"],
    (d) => {
      d.plan.calls[0].steps.reverse();
    },
  ],
  [
    "a step that does not exist",
    ["conformance"],
    (d) => {
      d.plan.calls[1].steps = [99];
    },
  ],
  [
    "another zone in a path",
    ["simulation", "policy"],
    (d) => {
      d.plan.calls[1].request.path = "/zones/z2/settings/ssl";
    },
  ],
  [
    "a path that climbs out of the zone",
    ["simulation"],
    (d) => {
      d.plan.calls[1].request.path = "/zones/z1/../z2/settings/ssl";
    },
  ],
  [
    "another zone in an inverse",
    ["simulation"],
    (d) => {
      stepOf(d, "update").inverse.path = "/zones/z2/dns_records/r1";
    },
  ],
  [
    "another zone's name",
    ["policy"],
    (d) => {
      d.plan.site.name = "example";
    },
  ],
  [
    "another scope",
    ["policy"],
    (d) => {
      d.plan.scope = "zone:other.example";
    },
  ],
  [
    "another method",
    ["policy"],
    (d) => {
      d.plan.calls[1].request.method = "PUT";
    },
  ],
  [
    "a step on an ignored record",
    ["policy"],
    (d) => {
      addDelete(d, rawOf("i1"), {});
    },
  ],
  [
    "a step on a system record",
    ["policy"],
    (d) => {
      addDelete(d, rawOf("s1"), {});
    },
  ],
  [
    "a step on a record of another controller",
    ["policy"],
    (d) => {
      addDelete(d, rawOf("f1"), {});
    },
  ],
  [
    "a deletion of a declared record",
    ["simulation"],
    (d) => {
      addDelete(d, rawOf("r3"), {});
    },
  ],
  [
    "a deletion of what is not there",
    ["simulation", "policy", "conformance"],
    (d) => {
      addDelete(d, record("zz", { content: "192.0.2.77" }), {});
    },
  ],
  [
    "a new record that nobody declared",
    ["policy", "conformance"],
    (d) => {
      batchOf(d).posts[0].name = "evil.harbor.example";
      const step = stepOf(d, "create");
      step.after.fields.name = "evil.harbor.example";
      step.identity = "A evil.harbor.example 192.0.2.2";
    },
  ],
  [
    "a step twice",
    ["policy", "conformance"],
    (d) => {
      d.plan.steps.push(structuredClone(stepOf(d, "update", "zone_setting")));
      d.plan.calls.push({ ...structuredClone(d.plan.calls[1]), steps: [5] });
    },
  ],
  [
    "a deletion that says it is an update",
    ["conformance"],
    (d) => {
      stepOf(d, "delete").op = "update";
    },
  ],
  [
    "an inverse's value",
    ["simulation"],
    (d) => {
      stepOf(d, "update").inverse.body.ttl = 120;
    },
  ],
  [
    "an inverse's method",
    ["simulation"],
    (d) => {
      stepOf(d, "update").inverse.method = "DELETE";
    },
  ],
  [
    "an inverse's object",
    ["simulation"],
    (d) => {
      stepOf(d, "update").inverse.path = "/zones/z1/dns_records/r3";
    },
  ],
  [
    "an inverse with a member that no auditor can read",
    ["policy"],
    (d) => {
      stepOf(d, "update").inverse.body.private_routing = true;
    },
  ],
  [
    "a prediction",
    ["simulation"],
    (d) => {
      stepOf(d, "update").after.fields.ttl = 301;
    },
  ],
  [
    "a prediction that something is gone",
    ["simulation"],
    (d) => {
      stepOf(d, "update").after = null;
    },
  ],
  [
    "a basis",
    ["policy"],
    (d) => {
      stepOf(d, "update").before.fields.ttl = 61;
    },
  ],
  [
    "what people read about a step",
    ["policy"],
    (d) => {
      stepOf(d, "delete").summary = "nothing of importance";
    },
  ],
  [
    "the group, which names the apex",
    ["policy"],
    (d) => {
      stepOf(d, "delete").group = "A elsewhere";
    },
  ],
  [
    "a golden digest",
    ["conformance"],
    (d) => {
      d.plan.proposal.goldenDigest = digestOf("another");
    },
  ],
  [
    "a golden generation",
    ["conformance"],
    (d) => {
      d.plan.proposal.goldenGeneration = 2;
    },
  ],
  [
    "an understated risk",
    ["policy"],
    (d) => {
      d.risk.tier = 0;
    },
  ],
  [
    "a risk that is not given",
    ["policy"],
    (d) => {
      delete d.risk.tier;
    },
  ],
  [
    "an object less in the evidence",
    ["simulation", "policy", "conformance"],
    (d) => {
      const [dns] = d.evidence.readings;
      dns.objects = dns.objects.filter((one: Loose) => one.id !== "x1");
      dns.claimedTotal -= 1;
    },
  ],
  [
    "evidence of another total",
    ["simulation", "policy", "conformance"],
    (d) => {
      d.evidence.readings[0].claimedTotal += 1;
    },
  ],
  [
    "evidence that cannot be read",
    ["simulation", "policy", "conformance"],
    (d) => {
      d.evidence.readings[0].objects[0] = null;
    },
  ],
  [
    "evidence of an unknown kind",
    ["simulation", "policy", "conformance"],
    (d) => {
      d.evidence.readings[0].kind = "page_rule";
    },
  ],
  [
    "evidence without a date",
    ["policy"],
    (d) => {
      d.evidence.observedAt = "";
    },
  ],
  [
    "something drifted held back and written all the same (I14)",
    ["policy"],
    (d) => {
      d.held = [leftOutOf("zone_setting ssl")];
    },
  ],
];
