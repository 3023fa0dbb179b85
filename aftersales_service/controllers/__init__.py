from . import followup, portal
from . import portal, portal_complaint
