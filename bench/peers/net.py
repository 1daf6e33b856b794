"""The `net` cases for asyncio and uvloop: by protocol and by streams."""

from net_idle import idle
from net_load import LOADS, measurement
from net_servers import by_datagram, by_protocol, by_streams
from net_spawn import spawn

FORMS = {"protocol": by_protocol, "streams": by_streams}

CASES = {
    **{
        f"{case}:{form}": measurement(load, serve)
        for case, load in LOADS.items()
        for form, serve in FORMS.items()
        if load["over"] != "udp" and case != "idle"
    },
    **{case: measurement(load, by_datagram) for case, load in LOADS.items() if load["over"] == "udp"},
    **{f"idle:{form}": idle(serve) for form, serve in FORMS.items()},
    "spawn": spawn,
}
