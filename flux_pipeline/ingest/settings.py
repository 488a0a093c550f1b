"""Settings of a restaurant's uploads."""

from typing import Literal

from pydantic import BaseModel, Field

IGNORED_ITEMS = (
    *("none", "tip", "tips", "gratuity", "auto gratuity", "trinkgeld", "pourboire", "propina", "mancia"),
    *("service charge*", "service fee*", "servicepauschale*", "delivery fee*", "delivery charge*", "lieferkosten*"),
    *("liefergebuhr*", "frais de livraison*", "gift card*", "gift certificate*", "gutschein*", "carte cadeau*"),
    *("tax", "sales tax", "vat", "mwst", "tva", "iva", "btw", "cash", "visa", "mastercard", "amex", "credit card"),
    *("vat *%", "mwst *%", "tva *%", "iva *%", "btw *%", "tax *%", "gst *%", "cgst *%", "sgst *%"),
    *("debit card", "change due", "kartenzahlung", "barzahlung", "ec-karte"),
    *("donation*", "spende*", "deposit", "pfand", "consigne", "bag fee*", "rounding*", "rundung*"),
)


class UploadSettings(BaseModel, frozen=True, extra="forbid"):
    """Settings for taking in a restaurant's files."""

    upload_ignored_items: tuple[str, ...] = Field(
        IGNORED_ITEMS,
        description="Lines of these items are not food and are skipped: tips, fees, vouchers (* matches anything).",
    )
    upload_combos: Literal["combo", "parts"] = Field(
        "combo",
        description="What counts as sold where a line names the line that it is a part of: the combo, or its parts. "
        "Their money counts once.",
    )
    upload_rejected_share: float = Field(
        0.05, ge=0, le=1, description="A file with a larger share of rejected rows is refused as a whole."
    )
    upload_new_items: int = Field(
        2_000,
        ge=1,
        le=100_000,
        description="A file that names more items that are not known yet is refused: its column is not that of the "
        "items, but of orders or guests.",
    )
    upload_drift: Literal["evolve", "freeze", "refuse"] = Field(
        "evolve",
        description="What to do with a file whose columns differ from the last one of its kind: take it and report the "
        "differences (evolve), take only the columns known before (freeze), or refuse it.",
    )
    upload_volume_change: float = Field(
        0.5,
        gt=0,
        le=100,
        description="A daily volume or number of items that differs by a larger share is reported.",
    )
    upload_stale_days: int = Field(
        3,
        ge=1,
        le=366,
        description="The check `sales_are_fresh` fails once sales are missing of more open days than this.",
    )
