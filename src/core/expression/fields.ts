/**
 * The fields of the rules language and their types, from Cloudflare's field reference (`src/content/fields/index.yaml`
 * of its documentation). A new field is one line.
 */
import { type Type, typeNamed } from "./type.ts";

const TABLE: Readonly<Record<string, string>> = {
  Boolean: `
    ssl ip.src.is_in_european_union ip.geoip.is_in_european_union
    cf.api_gateway.auth_id_present cf.api_gateway.request_violates_schema cf.api_gateway.fallthrough_detected
    cf.schema_validation.learned.violated cf.schema_validation.uploaded.violated
    cf.bot_management.verified_bot cf.bot_management.static_resource cf.bot_management.js_detection.passed
    cf.bot_management.corporate_proxy cf.bot_management.signed_agent cf.client.bot
    cf.tls_client_auth.cert_revoked cf.tls_client_auth.cert_verified cf.tls_client_auth.cert_presented
    cf.tls_client_auth.cert_rfc9440_too_large cf.tls_client_auth.cert_chain_rfc9440_too_large
    cf.edge.client_tcp
    cf.waf.content_scan.has_obj cf.waf.content_scan.has_malicious_obj cf.waf.content_scan.has_failed
    cf.waf.auth_detected cf.waf.credential_check.password_leaked cf.waf.credential_check.username_leaked
    cf.waf.credential_check.username_and_password_leaked cf.waf.credential_check.username_password_similar
    cf.llm.prompt.detected cf.llm.prompt.pii_detected cf.llm.prompt.unsafe_topic_detected
    http.request.headers.truncated http.request.body.truncated`,
  Integer: `
    http.request.timestamp.sec http.request.timestamp.msec http.request.body.size
    ip.src.asnum ip.geoip.asnum
    cf.bot_management.score cf.edge.server_port cf.threat_score cf.tls_client_hello_length
    cf.edge.l4.delivery_rate cf.timings.client_tcp_rtt_msec cf.timings.client_quic_rtt_msec cf.timings.edge_msec
    cf.timings.origin_ttfb_msec cf.timings.worker_msec
    cf.waf.content_scan.num_malicious_obj cf.waf.content_scan.num_obj
    cf.waf.score cf.waf.score.sqli cf.waf.score.xss cf.waf.score.rce
    cf.llm.prompt.injection_score cf.llm.prompt.token_count
    http.response.code cf.response.1xxx_code
    tcp.srcport tcp.dstport udp.srcport udp.dstport`,
  String: `
    http.cookie http.host http.referer http.user_agent http.x_forwarded_for
    http.request.full_uri http.request.method http.request.uri http.request.uri.path
    http.request.uri.path.extension http.request.uri.query http.request.version
    raw.http.request.full_uri raw.http.request.uri raw.http.request.uri.path
    raw.http.request.uri.path.extension raw.http.request.uri.query
    ip.src.lat ip.src.lon ip.src.city ip.src.postal_code ip.src.metro_code ip.src.region ip.src.region_code
    ip.src.timezone.name ip.src.continent ip.src.country ip.src.subdivision_1_iso_code ip.src.subdivision_2_iso_code
    ip.geoip.continent ip.geoip.country ip.geoip.subdivision_1_iso_code ip.geoip.subdivision_2_iso_code
    cf.verified_bot_category cf.bot_management.ja3_hash cf.bot_management.ja4
    cf.hostname.metadata cf.random_seed cf.ray_id cf.colo.name cf.colo.region cf.colo.id cf.unique_visitor_id
    cf.tls_cipher cf.tls_version cf.tls_client_random cf.tls_client_extensions_sha1 cf.tls_client_extensions_sha1_le
    cf.tls_ciphers_sha1
    cf.tls_client_auth.cert_issuer_dn cf.tls_client_auth.cert_subject_dn cf.tls_client_auth.cert_issuer_dn_rfc2253
    cf.tls_client_auth.cert_subject_dn_rfc2253 cf.tls_client_auth.cert_issuer_dn_legacy
    cf.tls_client_auth.cert_subject_dn_legacy cf.tls_client_auth.cert_serial cf.tls_client_auth.cert_issuer_serial
    cf.tls_client_auth.cert_fingerprint_sha256 cf.tls_client_auth.cert_fingerprint_sha1
    cf.tls_client_auth.cert_not_before cf.tls_client_auth.cert_not_after cf.tls_client_auth.cert_ski
    cf.tls_client_auth.cert_issuer_ski cf.tls_client_auth.cert_rfc9440 cf.tls_client_auth.cert_chain_rfc9440
    cf.waf.score.class cf.worker.upstream_zone
    http.request.body.raw http.request.body.mime
    http.response.content_type.media_type cf.response.error_type`,
  "IP address": `ip.src ip.dst cf.edge.server_ip`,
  "Array<String>": `
    http.request.headers.names http.request.headers.values http.request.accepted_languages
    http.request.uri.args.names http.request.uri.args.values
    raw.http.request.uri.args.names raw.http.request.uri.args.values
    raw.http.request.headers.names raw.http.request.headers.values
    http.request.body.form.names http.request.body.form.values http.request.body.multipart.values
    http.response.headers.names http.response.headers.values
    raw.http.response.headers.names raw.http.response.headers.values
    cf.waf.content_scan.obj_types cf.waf.content_scan.obj_results
    cf.llm.prompt.pii_categories cf.llm.prompt.unsafe_topic_categories
    http.request.jwt.claims.aud.names http.request.jwt.claims.aud.values http.request.jwt.claims.iss.names
    http.request.jwt.claims.iss.values http.request.jwt.claims.jti.names http.request.jwt.claims.jti.values
    http.request.jwt.claims.sub.names http.request.jwt.claims.sub.values
    http.request.jwt.claims.iat.sec.names http.request.jwt.claims.nbf.sec.names`,
  "Array<Integer>": `
    cf.bot_management.detection_ids cf.waf.content_scan.obj_sizes
    http.request.jwt.claims.iat.sec.values http.request.jwt.claims.nbf.sec.values`,
  "Array<Array<String>>": `
    http.request.body.multipart.names http.request.body.multipart.content_types
    http.request.body.multipart.content_dispositions http.request.body.multipart.content_transfer_encodings
    http.request.body.multipart.filenames`,
  "Map<Integer>": `cf.llm.prompt.custom_topic_categories`,
  "Map<Array<Integer>>": `http.request.jwt.claims.iat.sec http.request.jwt.claims.nbf.sec`,
  "Map<Array<String>>": `
    http.request.headers http.request.cookies http.request.uri.args raw.http.request.uri.args
    raw.http.request.headers http.request.body.form http.request.body.multipart
    http.response.headers raw.http.response.headers
    http.request.jwt.claims.aud http.request.jwt.claims.iss http.request.jwt.claims.jti http.request.jwt.claims.sub`,
};

export const FIELDS: ReadonlyMap<string, Type> = new Map(
  Object.entries(TABLE).flatMap(([type, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name): [string, Type] => [name, typeNamed(type)]),
  ),
);
