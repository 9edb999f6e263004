"""Runs scim2-tester against SCIM_URL with SCIM_TOKEN and prints its results as JSON lines."""

import json
import os

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

client = Client(
    base_url=os.environ["SCIM_URL"],
    headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"},
    timeout=30,
)
for result in check_server(SyncSCIMClient(client)):
    status = {"SUCCESS": "passed", "SKIPPED": "skipped", "DEVIATION": "deviation"}.get(result.status.name, "failed")
    name = " ".join(part for part in (getattr(result, "resource_type", None), result.title) if part)
    print(json.dumps({"name": name, "status": status, "reason": str(result.reason or "")}))
