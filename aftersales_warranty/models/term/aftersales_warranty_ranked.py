from odoo import models


class AftersalesWarrantyRanked(models.AbstractModel):
    """A row that is about a product, a category or everything (WA-01).

    Rows of terms, of customers' warranties and of suppliers' terms are matched by the
    same rule.
    """

    _name = "aftersales.warranty.ranked"
    _description = "Row about a product or category"

    def _get_rank(self, product):
        """How specific the row is for a part; None when it is about other parts."""
        self.ensure_one()
        if not (self.product_id or self.categ_id):
            return 0
        if not product:
            return None
        # Safe: ids and the tree of categories are compared, nothing is shown.
        product = product.sudo()
        if self.product_id:
            return 1000 if self.product_id.id == product.id else None
        path = (product.categ_id.parent_path or "").split("/")
        own = str(self.categ_id.id)
        return path.index(own) + 1 if own in path else None
