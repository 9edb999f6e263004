"""Prints all users that SCIM_URL holds for SCIM_TOKEN as JSON lines."""

import json
import os
from urllib.request import Request, urlopen

headers = {"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}
read = 0
while True:
    url = f"{os.environ['SCIM_URL']}/Users?startIndex={read + 1}&count=100"
    page = json.load(urlopen(Request(url, headers=headers), timeout=60))
    users = page.get("Resources", [])
    for user in users:
        print(json.dumps(user))
    read += len(users)
    if not users or read >= page["totalResults"]:
        break
