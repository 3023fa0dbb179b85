from . import certificate, portal_machine, portal_return, portal_supplier
