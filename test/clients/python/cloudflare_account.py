"""python3-cloudflare as it is; CLOUDFLARE_API_URL points it here. Prints what it saw as JSON."""
import json
import sys

import CloudFlare

ZONE_NAME = sys.argv[1]

cf = CloudFlare.CloudFlare()
seen = {}


def paged(call, *ids):
    """The loop of its own example_paging_thru_zones.py."""
    raw = CloudFlare.CloudFlare(raw=True)
    rows, page = [], 0
    while True:
        page += 1
        answer = call(raw)(*ids, params={"per_page": 10, "page": page})
        rows += answer["result"]
        if page >= answer["result_info"]["total_pages"]:
            return rows


def refusal(call):
    try:
        call()
    except CloudFlare.exceptions.CloudFlareAPIError as error:
        return int(error)
    return None


seen["zones"] = sorted(zone["name"] for zone in cf.zones.get())
zone_id = cf.zones.get(params={"name": ZONE_NAME, "per_page": 1})[0]["id"]
seen["zone"] = zone_id
seen["records"] = len(paged(lambda raw: raw.zones.dns_records.get, zone_id))

promo = {"type": "A", "name": "promo", "content": "192.0.2.80", "ttl": 300}
made = cf.zones.dns_records.post(zone_id, data=promo)
seen["made"] = made
seen["again"] = refusal(lambda: cf.zones.dns_records.post(zone_id, data=promo))
seen["patched"] = cf.zones.dns_records.patch(zone_id, made["id"], data={"ttl": 600})
seen["put"] = cf.zones.dns_records.put(zone_id, made["id"], data={**promo, "content": "192.0.2.81"})
found = cf.zones.dns_records.get(zone_id, params={"name": f"promo.{ZONE_NAME}", "type": "A"})
seen["found"] = [record["content"] for record in found]
seen["export"] = cf.zones.dns_records.export.get(zone_id)
seen["deleted"] = cf.zones.dns_records.delete(zone_id, made["id"])
seen["gone"] = refusal(lambda: cf.zones.dns_records.get(zone_id, made["id"]))

keep = {**promo, "name": "keep"}
seen["kept"] = cf.zones.dns_records.post(zone_id, data=keep)
seen["imported"] = cf.zones.dns_records.import_.post(
    zone_id, files={"file": ("zone.txt", f"imported.{ZONE_NAME}. 300 IN TXT \"ahoy\"\n")}
)

seen["settings"] = {one["id"]: one.get("value") for one in cf.zones.settings.get(zone_id)}
seen["ssl"] = cf.zones.settings.ssl.get(zone_id)["value"]
seen["changed"] = cf.zones.settings.ssl.patch(zone_id, data={"value": "full"})["value"]
seen["wrong"] = refusal(lambda: cf.zones.settings.ssl.patch(zone_id, data={"value": "sometimes"}))
seen["nobody"] = refusal(lambda: CloudFlare.CloudFlare(token="nobody").zones.get())

json.dump(seen, sys.stdout)
