from . import followup, portal
