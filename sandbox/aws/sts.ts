import type { AwsOperation } from "./operation.ts";
import { arnOf, AWS_ACCOUNT_ID } from "./principals.ts";
import { AwsError } from "./refusal.ts";
import { leaf, node } from "./xml.ts";

export const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The one question that everybody may ask: who am I? */
export const identity = (form: URLSearchParams): AwsOperation => ({
  action: "",
  run({ principal, requestId }) {
    if (form.get("Action") !== "GetCallerIdentity")
      throw new AwsError(400, "InvalidAction", "Could not find operation for the version.");
    return {
      body: node(
        "GetCallerIdentityResponse",
        node(
          "GetCallerIdentityResult",
          leaf("Arn", arnOf(principal)),
          leaf("UserId", `AIDA${principal.accessKeyId.slice(-16)}`),
          leaf("Account", AWS_ACCOUNT_ID),
        ),
        node("ResponseMetadata", leaf("RequestId", requestId)),
      ),
    };
  },
});
