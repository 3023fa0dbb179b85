from . import aftersales_complaint_supplier
