"""certbot's dns-cloudflare authenticator as certbot drives it, without an ACME server: perform, look, clean up."""
import argparse
import json
import logging
import os
import sys

import CloudFlare
import josepy
from acme import challenges, messages
from certbot import achallenges
from certbot._internal import constants
from certbot._internal.display import obj as display
from certbot.configuration import NamespaceConfig
from certbot_dns_cloudflare._internal.dns_cloudflare import Authenticator
from cryptography.hazmat.primitives.asymmetric import rsa

CREDENTIALS, TOKEN, ZONE_NAME, *DOMAINS = sys.argv[1:]

warnings = []


class Keep(logging.Handler):
    def emit(self, record):
        warnings.append(record.getMessage())


logging.getLogger("certbot_dns_cloudflare").addHandler(Keep(level=logging.WARNING))

display.set_display(display.NoninteractiveDisplay(open(os.devnull, "w")))
account_key = josepy.JWKRSA(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))


def challenge(domain, number):
    body = messages.ChallengeBody(
        chall=challenges.DNS01(token=bytes([number]) * 32), uri="https://acme.example/1", status=messages.STATUS_PENDING
    )
    return achallenges.KeyAuthorizationAnnotatedChallenge(
        challb=body, domain=domain, account_key=account_key
    )


wanted = [challenge(domain, number) for number, domain in enumerate(DOMAINS, start=1)]

settings = argparse.Namespace(**{**constants.CLI_DEFAULTS})
settings.domains = DOMAINS
settings.dns_cloudflare_credentials = CREDENTIALS
settings.dns_cloudflare_propagation_seconds = 0
settings.config_dir = settings.work_dir = settings.logs_dir = CREDENTIALS + ".d"
authenticator = Authenticator(NamespaceConfig(settings), "dns-cloudflare")

cf = CloudFlare.CloudFlare(token=TOKEN)
zone_id = cf.zones.get(params={"name": ZONE_NAME})[0]["id"]


def published():
    names = sorted({one.validation_domain_name(one.domain) for one in wanted})
    records = [
        record
        for name in names
        for record in cf.zones.dns_records.get(zone_id, params={"type": "TXT", "name": name})
    ]
    return sorted([record["name"], record["content"], record["ttl"]] for record in records)


authenticator.prepare()
before = published()
authenticator.perform(wanted)
during = published()
authenticator.cleanup(wanted)
after = published()
values = sorted([one.validation_domain_name(one.domain), one.validation(account_key)] for one in wanted)
print(json.dumps({"before": before, "during": during, "after": after, "values": values, "warnings": warnings}))
