from . import (
    aftersales_document_mixin,
    aftersales_partner_mixin,
    aftersales_proposal_mixin,
)
