/** What one can be told about, by product, and by what it can be narrowed down. */

/** Of the package's enumeration, and the two of the documentation that it lacks (the last line). */
const BY_PRODUCT: Readonly<Record<string, string>> = {
  Access: "access_custom_certificate_expiration_type expiring_service_token_alert",
  Billing: "billing_usage_alert",
  "Bot Management": "bot_traffic_basic_alert custom_bot_detection_alert",
  "Brand Protection": "brand_protection_alert brand_protection_digest logo_match_alert",
  "Cloudflare One":
    "device_connectivity_anomaly_alert synthetic_test_latency_alert synthetic_test_low_availability_alert",
  "Cloudforce One": "cloudforce_one_request_notification sentinel_alert",
  "DDoS Protection":
    "advanced_ddos_attack_l4_alert advanced_ddos_attack_l7_alert dos_attack_l4 dos_attack_l7 fbm_auto_advertisement fbm_dosd_attack fbm_volumetric_attack",
  DNS: "secondary_dns_all_primaries_failing secondary_dns_primaries_failing secondary_dns_warning secondary_dns_zone_successfully_updated secondary_dns_zone_validation_warning",
  "Health Checks": "health_check_status_notification",
  Images: "image_notification image_resizing_notification",
  "Load Balancing": "load_balancing_health_alert load_balancing_pool_enablement_alert",
  Logpush: "failing_logpush_job_disabled_alert",
  "Magic Transit":
    "bgp_hijack_notification cni_maintenance_notification magic_tunnel_health_check_event magic_wan_tunnel_health tunnel_health_event tunnel_update_event",
  "Origin Monitoring": "real_origin_monitoring",
  "Page Shield":
    "scriptmonitor_alert_new_code_change_detections scriptmonitor_alert_new_hosts scriptmonitor_alert_new_malicious_hosts scriptmonitor_alert_new_malicious_scripts scriptmonitor_alert_new_malicious_url scriptmonitor_alert_new_max_length_resource_url scriptmonitor_alert_new_resources",
  Pages: "pages_event_alert",
  Radar: "radar_notification",
  "SSL/TLS":
    "custom_ssl_certificate_event_type dedicated_ssl_certificate_event_type hostname_aop_custom_certificate_expiration_type mtls_certificate_store_certificate_expiration_type universal_ssl_event_type zone_aop_custom_certificate_expiration_type",
  Security:
    "abuse_report_alert block_notification_block_removed block_notification_new_block block_notification_review_rejected clickhouse_alert_fw_anomaly clickhouse_alert_fw_ent_anomaly security_insights_alert",
  Status: "incident_alert maintenance_event_notification",
  Stream: "stream_live_notifications",
  "Traffic Monitoring":
    "advanced_http_alert_error custom_analytics http_alert_edge_error http_alert_origin_error traffic_anomalies_alert",
  "Web Analytics": "web_analytics_metrics_update",
  Workers: "workers_alert workers_observability_alert",
};

const TYPES = new Set(Object.values(BY_PRODUCT).flatMap((types) => types.split(" ")));

export const isAlertType = (type: string): boolean => TYPES.has(type);

const title = (type: string): string =>
  type
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");

export const availableAlerts = (): Record<string, unknown[]> =>
  Object.fromEntries(
    Object.entries(BY_PRODUCT).map(([product, types]) => [
      product,
      types.split(" ").map((type) => ({
        type,
        display_name: title(type),
        description: `${product}: ${title(type)}`,
        filter_options: [],
      })),
    ]),
  );

const FILTERS = new Set(
  (
    "actions affected_asns affected_components affected_locations airport_code " +
    "alert_trigger_preferences alert_trigger_preferences_value enabled environment event " +
    "event_source event_type group_by health_check_id incident_impact input_id insight_class " +
    "limit logo_tag megabits_per_second new_health new_status packets_per_second pool_id " +
    "pop_names product project_id protocol query_tag requests_per_second selectors services slo " +
    "status target_hostname target_ip target_zone_name token_id traffic_exclusions tunnel_id " +
    "tunnel_name type where zones"
  ).split(" "),
);

export const isFilter = (name: string): boolean => FILTERS.has(name);
