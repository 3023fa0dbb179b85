from . import aftersales_visit_leave
