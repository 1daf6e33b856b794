"""The `net` cases for asyncio and uvloop: by protocol and by streams."""

from net_load import LOADS, measurement
from net_servers import by_datagram, by_protocol, by_streams

CASES = {
    **{
        f"{case}:{form}": measurement(load, serve)
        for case, load in LOADS.items()
        for form, serve in (("protocol", by_protocol), ("streams", by_streams))
        if load["over"] != "udp"
    },
    **{case: measurement(load, by_datagram) for case, load in LOADS.items() if load["over"] == "udp"},
}
