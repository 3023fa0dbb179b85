"""Names that several rooms share: states, groups, kinds. Each stands here once."""

GENERAL_MANAGER = "aftersales_warranty.aftersales_warranty_group_general_manager"

PURCHASING = "aftersales_warranty.aftersales_warranty_group_purchasing"

LETTER_KINDS = [
    ("warning", "Warning"),
    ("ultimatum", "Ultimatum"),
    ("withdrawal", "Told to withdraw"),
    ("demand", "Demand to top up"),
    ("fund", "Demand of the complaint fund"),
    ("award", "Award"),
    ("set_off", "Set-off notice"),
    ("revocation", "Revocation"),
    ("end_contract", "End of the contract"),
    ("service_request", "Request to serve on site"),
]

# Who may see complaints as well as penalties.
READERS = (
    "aftersales_service.aftersales_service_group_supervisor,"
    "aftersales_warranty.aftersales_warranty_group_purchasing"
)

# The supplier owes what is agreed.
AGREED = ("accepted", "partly", "negotiated")

PENDING_ENTRY = ("proposed", "approved")

# Gone out and not ended.
SENT = ("claimed", "accepted", "partly", "disputed", "negotiated")

ACCOUNTS = ("account_id", "receivable_account_id", "fund_account_id")

FIGURES = (
    "balance",
    "fund_balance",
    "receivable",
    "reserved",
    "available",
    "shortfall",
)

DEDUCTIONS = ("penalty", "claim", "compensation", "forfeiture")
