from . import followup, portal, portal_complaint
