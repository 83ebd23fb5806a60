import { leaf, node, type XmlNode } from "./xml.ts";

/** A "no" in AWS's words. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;
  /** A further element beside code and message. */
  detail: XmlNode | undefined;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  about(name: string, text: string): this {
    this.detail = leaf(name, text);
    return this;
  }
}

export const malformedXml = (): AwsError =>
  new AwsError(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );

/** S3 has its error at the root, Route 53 and STS one element deeper. */
export function errorDocument(service: string, error: AwsError, requestId: string): XmlNode {
  const words = [
    leaf("Code", error.code),
    leaf("Message", error.message),
    ...(error.detail ? [error.detail] : []),
  ];
  return service === "s3"
    ? node("Error", ...words, leaf("RequestId", requestId), leaf("HostId", `${requestId}=`))
    : node(
        "ErrorResponse",
        node("Error", leaf("Type", error.status < 500 ? "Sender" : "Receiver"), ...words),
        leaf("RequestId", requestId),
      );
}
