"""How tills call a restaurant, and in Korea, Japan and China all fields of a sale. All other words: sales_fields.py."""

from __future__ import annotations

from flux_pipeline.ingest.contracts import words

PLACES = words(
    "location name, location id, store, store name, store id, store number, shop, shop name, shop id, branch, "
    "branch name, branch id, outlet, outlet name, site, site name, venue, restaurant, restaurant name, "
    "Filiale, Filialname, Filialnummer, Filial-Nr, Standort, Betrieb, Betriebsstätte, magasin, point de vente, "
    "établissement, tienda, sucursal, local, establecimiento, negozio, punto vendita, locale, sede, winkel, "
    "filiaal, vestiging, loja, filial, estabelecimento, butik, restaurang, sklep, lokal, placówka"
)

EAST_ASIAN = {
    "date": words(
        "날짜, 일자, 일시, 판매일, 판매일자, 판매일시, 영업일, 영업일자, 거래일, 거래일자, 거래일시, 결제일, "
        "결제일시, 주문일, 주문일시, 매출일, 매출일자, 日付, 日時, 年月日, 販売日, 販売日時, 売上日, 営業日, "
        "取引日, 取引日時, 注文日, 注文日時, 会計日, 会計日時, 計上日, 日期, 销售日期, 銷售日期, 营业日期, "
        "營業日期, 交易日期, 交易时间, 交易時間, 下单时间, 下單時間"
    ),
    "day_of_month": words("일, 日"),
    "month": words("월, 月, 月份"),
    "year": words("년, 년도, 연도, 年, 年份, 年度"),
    "time": words(
        "시간, 시각, 판매시간, 주문시간, 결제시간, 거래시간, 時間, 時刻, 販売時刻, 売上時刻, 取引時刻, "
        "注文時刻, 会計時刻, 时间"
    ),
    "ticket": words(
        "영수증번호, 영수증, 주문번호, 거래번호, 전표번호, 伝票番号, 伝票, 伝票no, 取引番号, 取引id, 注文番号, "
        "レシート番号, 会計番号, 单号, 單號, 订单号, 訂單號, 订单编号, 訂單編號, 交易号, 交易編號, 小票号, "
        "流水号, 發票號碼"
    ),
    "line_id": words("明細番号, 明細no, 行番号, 상세번호"),
    "item": words(
        "상품명, 상품, 메뉴, 메뉴명, 품목, 품목명, 제품, 제품명, 품명, 商品名, 商品, メニュー, メニュー名, "
        "品名, 品目, 商品名称, 商品名稱, 菜品, 菜品名称, 菜名, 品项, 品項, 品項名稱, 产品名称, 產品名稱"
    ),
    "quantity": words(
        "수량, 판매수량, 판매량, 개수, 数量, 數量, 個数, 点数, 販売数, 販売数量, 販売個数, 売上数, 売上数量, "
        "销量, 銷量, 销售数量, 銷售數量"
    ),
    "price": words(
        "단가, 가격, 판매가, 판매단가, 単価, 価格, 売価, 販売単価, 商品単価, 税込単価, 税抜単価, 单价, 單價, "
        "价格, 價格, 售价, 售價"
    ),
    "amount": words(
        "금액, 매출, 매출액, 매출금액, 판매금액, 합계, 합계금액, 실매출, 실매출액, 순매출, 순매출액, 金額, "
        "売上, 売上金額, 売上高, 小計, 合計, 合計金額, 販売金額, 純売上, 税込金額, 税抜金額, 金额, 小计, 总额, "
        "總額, 销售额, 銷售額, 销售金额, 銷售金額, 营业额, 營業額, 实收, 實收"
    ),
    "gross_amount": words("총매출, 총매출액, 総売上, 総売上高"),
    "discount": words(
        "할인, 할인액, 할인금액, 値引, 値引き, 値引額, 値引金額, 割引, 割引額, 割引金額, 折扣, 折扣金额, "
        "折扣金額, 优惠, 優惠"
    ),
    "tax": words("부가세, 부가가치세, 세금, 세액, 消費税, 消費税額, 税額, 税额, 稅額"),
    "category": words(
        "분류, 카테고리, 상품분류, 대분류, 部門, 部門名, カテゴリ, カテゴリー, カテゴリー名, 商品カテゴリ, "
        "分類, 商品分類, 分类, 类别, 類別, 品类"
    ),
    "channel": words(
        "주문유형, 주문채널, 주문구분, 판매채널, 注文種別, 注文方法, 販売チャネル, 用餐方式, 订单类型, 訂單類型"
    ),
    "covers": words("인원, 인원수, 객수, 고객수, 人数, 人數, 客数, 客數"),
    "event": words("거래구분, 거래유형, 取引種別, 取引区分, 交易类型, 交易類型"),
    "void": words("취소, 취소여부, 取消"),
    "refund": words("환불, 환불여부, 반품, 返品, 返金, 退款, 退货, 退貨"),
    "modifiers": words("옵션, 추가옵션, オプション, トッピング, 备注选项"),
    "location": words(
        "매장, 매장명, 지점, 지점명, 점포, 점포명, 가맹점명, 店舗, 店舗名, 店名, 门店, 門店, 门店名称, "
        "門店名稱, 店铺, 店鋪, 分店"
    ),
}
