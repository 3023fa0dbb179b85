"""A thousand deadlines of eight working hours: Odoo's calendar beside our engine."""

from datetime import datetime, timedelta

from pytz import utc

COUNT = 1000
TURNS = 3
GROUP = "1 000 deadlines of 8 working hours"
PEER = "resource.calendar.plan_hours"
OURS = "tools.worktime"
LIMITS = [(GROUP, OURS, "ratio", 0.2)]


def run(env, measure):
    calendar = env.company.resource_calendar_id
    first = datetime(2026, 3, 2, 1)
    starts = [first + timedelta(minutes=7 * number) for number in range(COUNT)]
    for _turn in range(TURNS):
        env.invalidate_all()
        with measure(GROUP, PEER, records=COUNT):
            peer = [
                calendar.plan_hours(8, utc.localize(start), compute_leaves=True)
                for start in starts
            ]
        env.invalidate_all()
        with measure(GROUP, OURS, records=COUNT):
            clock = calendar._aftersales_get_work_calendars(first)[calendar.id]
            ours = [clock.add(start, 8 * 3600) for start in starts]
    if [end.astimezone(utc).replace(tzinfo=None) for end in peer] != ours:
        raise ValueError("Odoo's calendar and ours do not agree.")
