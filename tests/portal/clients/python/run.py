"""The official Python client, unchanged, against a portal on loopback.

The first line of the standard input is a JSON object:

  domain                     the portal, 127.0.0.1:8443; https
  install                    the body of ONAPPINSTALL, as the portal posted it
  client_id, client_secret   of the application
  code, handler              of the robot to register

When `?clock` is printed, the next line says that the access token has expired; when `?call` is printed, the
next line is the body of a call of the robot. Each step prints `ok <step>`; the first failure ends the program with 1.

`REQUESTS_CA_BUNDLE` names the portal's certificate. The client has the address of its authorisation server built in:
`HTTPS_PROXY` is the portal itself, which connects to it.
"""

import json
import sys
from urllib.parse import parse_qs

from b24pysdk import BitrixAppLocal, BitrixTokenLocal, Client, Config
from b24pysdk.credentials import OAuthEventData, OAuthWorkflowData


def check(step, passed, why):
    if not passed:
        raise AssertionError(why)
    print(f"ok {step}", flush=True)


def ask(what):
    print(f"?{what}", flush=True)
    return sys.stdin.readline().rstrip("\n")


def form(body):
    return parse_qs(body, keep_blank_values=True)


def installed(parameters):
    event = OAuthEventData.from_dict(form(parameters["install"]))
    check("install", event.event == "ONAPPINSTALL" and event.auth.application_token, repr(event))
    app = BitrixAppLocal(
        domain=parameters["domain"], client_id=parameters["client_id"], client_secret=parameters["client_secret"]
    )
    return BitrixTokenLocal.from_oauth_event_data(event, app)


def main():
    parameters = json.loads(sys.stdin.readline())
    Config().configure(default_timeout=(5, 60))
    token = installed(parameters)
    client = Client(token)
    robot, code = client.bizproc.robot, parameters["code"]

    info = client.app.info().value
    check("app.info", info.installed, repr(info))
    known = token.get_app_info().result
    check("app.info of the authorisation server", known.client_id == parameters["client_id"], repr(known))

    added = robot.add(
        code,
        parameters["handler"],
        {"en": "Answer", "ru": "Ответ"},
        use_subscription=True,
        auth_user_id=1,
        properties={"text": {"Name": {"en": "Text"}, "Type": "string", "Required": "N"}},
        return_properties={"answer": {"Name": {"en": "Answer"}, "Type": "string"}},
    ).result
    check("bizproc.robot.add", added is True, repr(added))

    codes = robot.list().result
    check("bizproc.robot.list", code in codes, repr(codes))
    updated = robot.update(code, {"NAME": {"en": "Answer again"}}).result
    check("bizproc.robot.update", updated is True, repr(updated))

    calls = {
        "codes": robot.list(),
        "again": robot.update(f"$result[codes][{codes.index(code)}]", {"NAME": {"en": "By reference"}}),
    }
    batch = client.call_batch(calls, halt=True).result
    check("batch", not batch.result_error and batch.result["again"] is True, repr(batch))

    before = token.oauth_token
    ask("clock")
    codes = robot.list().result
    renewed = token.refresh_token != before.refresh_token and token.auth_token != before.access_token
    check("refresh", code in codes and renewed, "the call passed with the old tokens")

    call = OAuthWorkflowData.from_dict(form(ask("call")))
    check("call", call.code == code, repr(call))
    sent = client.bizproc.event.send(call.event_token, {"answer": "42"}, log_message="thought").result
    check("bizproc.event.send", sent is True, repr(sent))

    deleted = robot.delete(code).result
    check("bizproc.robot.delete", deleted is True, repr(deleted))


main()
