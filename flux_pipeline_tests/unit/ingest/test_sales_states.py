"""States of sales under any header: what counts as sold, what is left out and why, and what is only named in a note."""

import pytest

from flux_pipeline_tests.unit.ingest.sales_cases import Case, lines

DAY = "2026-05-01"
HEADER = "Date,Ticket,Item,Qty,Amount"
VOID, NONE = {"void": 1}, {}


def with_column(header: str, *cells: str, base: str = HEADER) -> str:
    """A file of one line for each cell of a further column: 1 unit for 1.00, 2 for 2.00 and so on."""
    return lines(
        f"{base},{header}",
        *(f"{DAY},{n},Dish {n},{n},{n}.00,{cell}" for n, cell in enumerate(cells, start=1)),
    )


def with_items(*items: str) -> str:
    """A file of one unit for 1.00 of each item."""
    return lines(HEADER, *(f"{DAY},{n},{item},1,1.00" for n, item in enumerate(items)))


WORDS = [
    *[("Ordre status", "Annulleret", "Betalt"), ("Zustand", "storniert", "bezahlt"), ("X7", "Cancelled", "Paid")],
    *[("Estado", "ANULADO", "Pagado"), ("Situation", "annulée", "payée"), ("Stato", "Annullato", "Pagato")],
    *[("ステータス", "キャンセル", "完了"), ("상태", "취소", "완료"), ("Toestand", "Geannuleerd", "Betaald")],
    *[("Stan", "anulowane", "opłacone"), ("Situação", "Cancelado", "Pago"), ("Läge", "Makulerad", "Betald")],
    *[("状态", "已取消", "已付款"), ("Sort", "VOID ", "SALE"), ("Sort", "** VOID **", ""), ("Sort", "void.", "")],
    *[("Remark", "Cancelled - customer no show", ""), ("Sort", "(voided)", ""), ("Sort", "Voided by manager", "")],
    *[("Remark", "cancelled by staff", ""), ("Remark", "Void: wrong table", ""), ("Sort", "CANCELED_BY_MERCHANT", "")],
    *[("Sort", "order cancelled", "order completed"), ("Sort", "Void (after send)", ""), ("Sort", "Auto-void", "")],
    *[("Sort", "status.cancelled", "status.done"), ("Bon-Art", "Sofortstorno", "Verkauf"), ("Sort", "Storno 2", "")],
    *[
        (
            "\u0417\u0430\u043a\u0430\u0437",
            "\u0423\u0434\u0430\u043b\u0435\u043d",
            "\u041d\u0435 \u0443\u0434\u0430\u043b\u0435\u043d",
        ),
        ("Durum", "İptal", "Ödendi"),
        ("Stav", "zrušeno", "zaplaceno"),
    ],
    *[("Sort", "Training", ""), ("Sort", "Quote", "Invoice"), ("Sort", "Draft", "Invoice")],
]
FLAGS = [
    *[("Is Void", "1", "0"), ("is_voided", "TRUE", "FALSE"), ("Void Flag", "Y", "N"), ("Annulé ?", "oui", "non")],
    *[("Storno-Kz", "x", ""), ("Cancelled?", "yes", "no"), ("Item Voided", "true", "false"), ("Void-Kz.", "V", "")],
    *[("Voided at", "2026-05-01 12:00", ""), ("Cancelled on", "1.5.2026", ""), ("Void reason", "wrong dish", "")],
    *[("Void Reason", "Guest left", "None"), ("Cancellation reason", "no show", "-"), ("Void By", "Server 3", "")],
    *[("Voided Time", "12:30", "0000-00-00 00:00:00"), ("Deleted", "1", "0"), ("Is Deleted", "true", "false")],
    *[("deleted_at", "2026-05-01 12:00", "NULL"), ("Void Date", "2026-05-01", "1900-01-01 00:00:00")],
]
COUNTED = [
    *[("Payment Method", "Gift card", "Cash"), ("Payment", "Voucher", "Card"), ("Category", "Cancelled menu", "Food")],
    *[("Note", "guest cancelled the wine", ""), ("Group", "Returns of the season", "Food")],
    *[("Section", "Open kitchen", "Bar"), ("Menu", "Void deck", "Main"), ("Department", "Deleted scenes", "Food")],
    *[("Course", "Coupon menu", "Main"), ("Server", "Server 1", "Server 2"), ("Tender", "Coupon", "Cash")],
    *[("Delivery status", "Delivered", "Collected"), ("Voidable", "yes", "no"), ("Refundable", "true", "false")],
    *[("Can be cancelled", "1", "0"), ("Discount type", "Comp", ""), ("Comp", "Staff meal", "")],
]

CASES = [
    *(
        Case(
            f"{cell.strip()!r} in {header!r}",
            with_column(header, other, cell, other, other),
            (3, 8, 8.0),
            {"not_a_sale" if cell in ("Training", "Quote", "Draft") else "void": 1},
            said=header,
        )
        for header, cell, other in WORDS
    ),
    *(
        Case(f"{header!r} is {cell!r}", with_column(header, other, cell, other, other), (3, 8, 8.0), VOID)
        for header, cell, other in FLAGS
    ),
    *(
        Case(f"{header!r} is {cell!r} and counts", with_column(header, other, cell, other, other), (4, 10, 10.0))
        for header, cell, other in COUNTED
    ),
    Case(
        "items that are called like states",
        with_items("No", "Void", "Refund Ale", "Return of the Jedi burger", "Open sandwich", "Coupon cake", "Test"),
        (7, 7, 7.0),
    ),
    Case(
        "an item with a state in front",
        with_items("VOID - Soup", "Soup", "(Cancelled) Tea", "Tea [voided]", "**VOID** Tea", "Tea", "Cake", "Pie"),
        (4, 4, 4.0),
        {"void": 4},
    ),
    Case(
        "refunds of their own with positive numbers",
        with_column("Receipt kind", "Sale", "Refund", "Sale", "Sale"),
        (4, 6, 6.0),
        said="Refund (1)",
    ),
    Case(
        "sales that were refunded later",
        with_column("Payment state", "Paid", "Refunded", "Paid", "Paid"),
        (3, 8, 8.0),
        {"refunded_sale": 1},
        said="neither counted as a sale nor as a refund",
    ),
    Case(
        "sales that were partly refunded",
        with_column("Financial Status", "paid", "partially_refunded", "paid", "paid"),
        (4, 10, 10.0),
        said="partially_refunded (1)",
    ),
    Case(
        "open orders beside cancelled ones",
        with_column("Sort", "shipped", "pending", "cancelled", "shipped"),
        (3, 7, 7.0),
        VOID,
        said="pending (1): counted as sales",
    ),
    Case(
        "letters that only the till knows",
        with_column("Status", "C", "V", "C", "C"),
        (4, 10, 10.0),
        said="'Status' holds words that Flux doesn't know: C (3), V (1)",
    ),
    Case(
        "taxes and payments as lines",
        with_items("Soup", "Sales tax", "Cash", "VISA", "Tea"),
        (2, 2, 2.0),
        {"ignored_item": 3},
    ),
    Case(
        "a void line and the line below zero that takes it back",
        lines(
            f"{HEADER},Status",
            f"{DAY},1,Soup,1,5.00,Voided",
            f"{DAY},1,Soup,-1,-5.00,Paid",
            f"{DAY},2,Soup,-1,-5.00,Paid",
            f"{DAY},2,Tea,4,8.00,Paid",
        ),
        (2, 3, 3.0),
        {"void": 2},
        said="1 line below 0 left out",
    ),
    Case(
        "open tabs",
        with_column("Bill status", "Closed", "Open", "Closed", "Closed"),
        (4, 10, 10.0),
        said="Open (1)",
    ),
    Case(
        "amounts of refunds",
        with_column("Refund amount", "0.00", "2.00", "0.00", "0.00"),
        (4, 10, 10.0),
        said="'Refund amount' is filled on 1 line",
    ),
    Case(
        "units that were refunded",
        with_column("Refunded quantity", "0", "2", "0", "0"),
        asked="2 units on 1 line given back by 'Refunded quantity', and the money of the line may be without",
    ),
    Case(
        "units that were refunded, one of each",
        with_column("Refunded quantity", "0", "1", "0", "1"),
        asked="2 units on 2 lines given back",
    ),
    Case(
        "units that were cancelled",
        with_column("Cancelled qty", "0", "1", "0", "2"),
        (4, 10, 10.0),
        said="'Cancelled qty' is filled on 2 lines",
    ),
    Case(
        "two states in one cell",
        with_column("Status", "paid; shipped", "paid; cancelled", "paid; shipped", "paid; shipped"),
        (3, 8, 8.0),
        VOID,
    ),
    Case(
        "two columns of states",
        lines(
            f"{HEADER},Fulfillment Status,Financial Status",
            f"{DAY},1,Soup,1,1.00,fulfilled,paid",
            f"{DAY},2,Soup,2,2.00,unfulfilled,voided",
            f"{DAY},3,Soup,3,3.00,fulfilled,refunded",
            f"{DAY},4,Soup,4,4.00,cancelled,paid",
        ),
        (1, 1, 1.0),
        {"void": 2, "refunded_sale": 1},
    ),
    Case(
        "the state of a ticket on its first line only",
        lines(
            f"{HEADER},Status",
            f"{DAY},1,Soup,1,1.00,Paid",
            f"{DAY},1,Tea,2,2.00,",
            f"{DAY},2,Soup,3,3.00,Cancelled",
            f"{DAY},2,Tea,4,4.00,",
            f"{DAY},3,Tea,5,5.00,Paid",
        ),
        (3, 8, 8.0),
        {"void": 2},
        said="'Status' is filled on the first line of an order only",
    ),
    Case(
        "the time of a ticket's cancellation on its first line only, like its table",
        lines(
            f"{HEADER},Cancelled at,Table",
            f"{DAY},1,Soup,1,1.00,,4",
            f"{DAY},1,Tea,2,2.00,,",
            f"{DAY},2,Soup,3,3.00,2026-05-01 12:00,7",
            f"{DAY},2,Tea,4,4.00,,",
            f"{DAY},3,Tea,5,5.00,,2",
        ),
        (3, 8, 8.0),
        {"void": 2},
        said="'Cancelled at' is filled on the first line of an order only",
    ),
    Case(
        "a sentence that may be about the line",
        with_column("Remark", "", "guest cancelled the wine", "", ""),
        (4, 10, 10.0),
        said="'Remark' has texts with cancelled (1); it is not clear",
        unsaid="guest",
    ),
    Case(
        "a state on one line of a ticket",
        lines(
            f"{HEADER},Status",
            f"{DAY},1,Soup,1,1.00,Voided",
            f"{DAY},1,Tea,2,2.00,",
            f"{DAY},2,Soup,3,3.00,",
            f"{DAY},2,Tea,4,4.00,Voided",
        ),
        (2, 5, 5.0),
        {"void": 2},
    ),
    Case(
        "tickets for training",
        with_column("Mode", "Normal", "Training mode", "Normal", "Normal"),
        (3, 8, 8.0),
        {"not_a_sale": 1},
    ),
    Case(
        "tips, deposits and gift cards as items",
        with_items("Soup", "Tip", "Deposit", "Gift card 25", "Tea"),
        (2, 2, 2.0),
        {"ignored_item": 3},
    ),
    Case(
        "gift cards by the type of line",
        with_column("Item type", "Product", "Gift card", "Product", "Product"),
        (4, 10, 10.0),
        said="Gift card",
    ),
    Case(
        "food that the house paid for",
        lines(
            f"{HEADER},Event type",
            f"{DAY},1,Soup,1,0.00,Comp",
            f"{DAY},2,Tea,2,4.00,Sale",
        ),
        (2, 3, 4.0),
    ),
    Case(
        "meals of the staff",
        lines(f"{HEADER},Type", f"{DAY},1,Soup,1,0.00,Staff meal", f"{DAY},2,Tea,2,4.00,Sale"),
        (2, 3, 4.0),
        said="Staff meal (1)",
    ),
    Case(
        "extras of a dish as lines without money",
        lines(
            f"{HEADER},Row type",
            f"{DAY},1,Burger,1,10.00,Item",
            f"{DAY},1,No onions,1,0.00,Modifier",
            f"{DAY},1,Extra cheese,1,1.50,Modifier",
            f"{DAY},2,Tea,1,3.00,Item",
        ),
        (4, 4, 14.5),
        said="Modifier (2)",
    ),
    Case(
        "extras with an arrow as lines",
        lines(HEADER, f"{DAY},1,Burger,1,10.00", f"{DAY},1,  > No onions,1,0.00", f"{DAY},2,Tea,1,3.00"),
        (2, 2, 13.0),
        {"combo_part": 1},
        said="'> No onions' on line 3",
    ),
    Case(
        "every line is cancelled",
        with_column("Status", "Cancelled", "Cancelled", "Voided"),
        (0, 0, 0.0),
        {"void": 3},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.defect)
def test_what_became_of_a_line_decides_whether_it_counts(case: Case) -> None:
    case.check()
