"""The rest of the schema: ingredients and recipes, inventory, labor, promotions, own events, accuracy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, ExcludeConstraint

revision = "003_comprehensive_schema"
down_revision = "002a_forecasting"
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "ingredient_categories",
    "restaurant_events",
    "skills",
    "employees",
    "ingredients",
    "shift_templates",
    "employee_availability",
    "employee_skills",
    "forecast_accuracy",
    "ingredient_cost_history",
    "inventory",
    "price_elasticity",
    "promotions",
    "recipes",
    "scheduled_shifts",
    "inventory_movements",
)

# The books of the stock: what happened is corrected by another movement, never by changing one.
APPEND_ONLY = """
CREATE FUNCTION flux_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: add a row that corrects it', TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    """Apply."""
    # Trusted since PostgreSQL 13: the owner of the database may make it. Shifts that overlap are refused with it.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.execute(APPEND_ONLY)
    op.execute("REVOKE EXECUTE ON FUNCTION flux_refuse_change() FROM PUBLIC")
    op.create_table(
        "ingredient_categories",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_ingredient_categories_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_ingredient_categories"),
        sa.UniqueConstraint("restaurant_id", "name", name="uq_ingredient_categories_restaurant_id_name"),
    )
    op.create_table(
        "restaurant_events",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_attendance", sa.Integer(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_restaurant_events_ends_after_it_starts")),
        sa.CheckConstraint("expected_attendance >= 0", name=op.f("ck_restaurant_events_attendance_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_restaurant_events_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_restaurant_events"),
        sa.UniqueConstraint(
            "restaurant_id", "name", "starts_at", name="uq_restaurant_events_restaurant_id_name_starts_at"
        ),
    )
    op.create_index("ix_restaurant_events_starts_at", "restaurant_events", ["restaurant_id", "starts_at"], unique=False)
    op.create_table(
        "skills",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_skills_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_skills"),
        sa.UniqueConstraint("restaurant_id", "name", name="uq_skills_restaurant_id_name"),
    )
    op.create_table(
        "employees",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employee_role_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("performance_score", sa.Numeric(precision=4, scale=3), nullable=True),
        sa.Column("training_completed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("hourly_rate", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("min_weekly_hours", sa.Numeric(precision=5, scale=2), server_default=sa.text("0"), nullable=False),
        sa.Column("max_weekly_hours", sa.Numeric(precision=5, scale=2), server_default=sa.text("40"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("hourly_rate >= 0", name=op.f("ck_employees_hourly_rate_not_negative")),
        sa.CheckConstraint(
            "max_weekly_hours BETWEEN min_weekly_hours AND 168", name=op.f("ck_employees_max_weekly_hours_in_bounds")
        ),
        sa.CheckConstraint("min_weekly_hours BETWEEN 0 AND 168", name=op.f("ck_employees_min_weekly_hours_in_bounds")),
        sa.CheckConstraint("performance_score BETWEEN 0 AND 1", name=op.f("ck_employees_performance_score_is_a_share")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_role_id"],
            ["employee_roles.restaurant_id", "employee_roles.id"],
            name="fk_employees_restaurant_id_employee_role_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_employees_restaurant_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_employees_user_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_employees"),
        sa.UniqueConstraint("restaurant_id", "email", name="uq_employees_restaurant_id_email"),
    )
    op.create_table(
        "ingredients",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ingredient_category_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("unit_cost", sa.Numeric(precision=14, scale=6), nullable=True),
        sa.Column("waste_factor", sa.Numeric(precision=4, scale=3), server_default=sa.text("0"), nullable=False),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("par_level", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("reorder_threshold", sa.Numeric(precision=12, scale=3), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("par_level >= 0", name=op.f("ck_ingredients_par_level_not_negative")),
        sa.CheckConstraint("reorder_threshold >= 0", name=op.f("ck_ingredients_reorder_threshold_not_negative")),
        sa.CheckConstraint("shelf_life_days > 0", name=op.f("ck_ingredients_shelf_life_positive")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_ingredients_unit_cost_not_negative")),
        sa.CheckConstraint("waste_factor BETWEEN 0 AND 0.60", name=op.f("ck_ingredients_waste_factor_in_bounds")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "ingredient_category_id"],
            ["ingredient_categories.restaurant_id", "ingredient_categories.id"],
            name="fk_ingredients_restaurant_id_ingredient_category_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_ingredients_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_ingredients"),
        sa.UniqueConstraint("restaurant_id", "name", name="uq_ingredients_restaurant_id_name"),
    )
    op.create_table(
        "shift_templates",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employee_role_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.Column("days", ARRAY(sa.Integer()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "days <@ ARRAY[0, 1, 2, 3, 4, 5, 6] AND cardinality(days) > 0",
            name=op.f("ck_shift_templates_days_from_monday"),
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_role_id"],
            ["employee_roles.restaurant_id", "employee_roles.id"],
            name="fk_shift_templates_restaurant_id_employee_role_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_shift_templates_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_shift_templates"),
        sa.UniqueConstraint(
            "restaurant_id", "employee_role_id", "name", name="uq_shift_templates_restaurant_id_employee_role_id_name"
        ),
    )
    op.create_table(
        "employee_availability",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("day_of_week", sa.Integer(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.Column("preference", sa.Text(), server_default=sa.text("'available'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "preference IN ('preferred', 'available', 'unavailable')",
            name=op.f("ck_employee_availability_preference_is_known"),
        ),
        sa.CheckConstraint(
            "day_of_week BETWEEN 0 AND 6", name=op.f("ck_employee_availability_day_of_week_from_monday")
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_id"],
            ["employees.restaurant_id", "employees.id"],
            name="fk_employee_availability_restaurant_id_employee_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_employee_availability_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_employee_availability"),
        sa.UniqueConstraint(
            "restaurant_id", "employee_id", "day_of_week", "start_time", name="uq_employee_availability_start"
        ),
    )
    op.create_table(
        "employee_skills",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_employee_skills_level_in_bounds")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_id"],
            ["employees.restaurant_id", "employees.id"],
            name="fk_employee_skills_restaurant_id_employee_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "skill_id"],
            ["skills.restaurant_id", "skills.id"],
            name="fk_employee_skills_restaurant_id_skill_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_employee_skills_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_employee_skills"),
        sa.UniqueConstraint(
            "restaurant_id", "employee_id", "skill_id", name="uq_employee_skills_restaurant_id_employee_id_skill_id"
        ),
    )
    op.create_table(
        "forecast_accuracy",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("forecast_date", sa.Date(), nullable=False),
        sa.Column("days_ahead", sa.Integer(), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=True),
        sa.Column("actual_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("predicted_quantity", sa.Double(), nullable=False),
        sa.Column("absolute_error", sa.Double(), nullable=False),
        sa.Column("error", sa.Double(), nullable=False),
        sa.Column("pinball_loss", sa.Double(), nullable=False),
        sa.Column("is_within_p10_p90", sa.Boolean(), nullable=False),
        sa.Column("four_week_absolute_error", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("days_ahead BETWEEN 1 AND 28", name=op.f("ck_forecast_accuracy_days_ahead_in_bounds")),
        sa.CheckConstraint(
            "least(actual_quantity, absolute_error, pinball_loss) >= 0",
            name=op.f("ck_forecast_accuracy_losses_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_forecast_accuracy_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_forecast_accuracy_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_forecast_accuracy"),
        sa.UniqueConstraint(
            "restaurant_id",
            "forecast_date",
            "days_ahead",
            "menu_item_id",
            name="uq_forecast_accuracy_day",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "ingredient_cost_history",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ingredient_id", sa.Uuid(), nullable=False),
        sa.Column("unit_cost", sa.Numeric(precision=14, scale=6), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_ingredient_cost_history_unit_cost_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "ingredient_id"],
            ["ingredients.restaurant_id", "ingredients.id"],
            name="fk_ingredient_cost_history_restaurant_id_ingredient_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_ingredient_cost_history_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_ingredient_cost_history"),
        sa.UniqueConstraint(
            "restaurant_id", "ingredient_id", "valid_from", name="uq_ingredient_cost_history_valid_from"
        ),
    )
    op.create_table(
        "inventory",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ingredient_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("quantity_on_hand", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quantity_on_hand >= 0", name=op.f("ck_inventory_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "ingredient_id"],
            ["ingredients.restaurant_id", "ingredients.id"],
            name="fk_inventory_restaurant_id_ingredient_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_inventory_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_inventory"),
        sa.UniqueConstraint(
            "restaurant_id",
            "ingredient_id",
            "lot",
            name="uq_inventory_restaurant_id_ingredient_id_lot",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_inventory_expires_on", "inventory", ["restaurant_id", "expires_on"], unique=False)
    op.create_table(
        "price_elasticity",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("elasticity", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status = 'not_identified' OR elasticity IS NOT NULL",
            name=op.f("ck_price_elasticity_identified_has_a_value"),
        ),
        sa.CheckConstraint(
            "status IN ('identified', 'not_identified')", name=op.f("ck_price_elasticity_status_is_known")
        ),
        sa.CheckConstraint(
            "low <= elasticity AND elasticity <= high", name=op.f("ck_price_elasticity_within_its_interval")
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_price_elasticity_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_price_elasticity_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_price_elasticity_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_price_elasticity"),
        sa.UniqueConstraint(
            "restaurant_id",
            "menu_item_id",
            "algorithm_run_id",
            name="uq_price_elasticity_restaurant_id_menu_item_id_algorithm_run_id",
        ),
    )
    op.create_table(
        "promotions",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("discount", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('suggested', 'planned', 'active', 'ended', 'cancelled')",
            name=op.f("ck_promotions_status_is_known"),
        ),
        sa.CheckConstraint("discount > 0 AND discount <= 1", name=op.f("ck_promotions_discount_is_a_share")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_promotions_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_promotions_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_promotions_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_promotions"),
        sa.UniqueConstraint(
            "restaurant_id", "menu_item_id", "starts_on", name="uq_promotions_restaurant_id_menu_item_id_starts_on"
        ),
    )
    op.create_index("ix_promotions_starts_on", "promotions", ["restaurant_id", "starts_on"], unique=False)
    op.create_table(
        "recipes",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("menu_item_id", sa.Uuid(), nullable=False),
        sa.Column("ingredient_id", sa.Uuid(), nullable=True),
        sa.Column("component_menu_item_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=14, scale=6), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'suggested'"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status <> 'confirmed' OR confirmed_at IS NOT NULL", name=op.f("ck_recipes_confirmed_has_a_time")
        ),
        sa.CheckConstraint("status IN ('suggested', 'confirmed')", name=op.f("ck_recipes_status_is_known")),
        sa.CheckConstraint("component_menu_item_id <> menu_item_id", name=op.f("ck_recipes_not_its_own_component")),
        sa.CheckConstraint(
            "num_nonnulls(ingredient_id, component_menu_item_id) = 1", name=op.f("ck_recipes_one_component")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_recipes_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "component_menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_recipes_restaurant_id_component_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "ingredient_id"],
            ["ingredients.restaurant_id", "ingredients.id"],
            name="fk_recipes_restaurant_id_ingredient_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "menu_item_id"],
            ["menu_items.restaurant_id", "menu_items.id"],
            name="fk_recipes_restaurant_id_menu_item_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_recipes_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_recipes"),
        sa.UniqueConstraint(
            "restaurant_id",
            "menu_item_id",
            "ingredient_id",
            "component_menu_item_id",
            name="uq_recipes_component",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_recipes_ingredient", "recipes", ["restaurant_id", "ingredient_id"], unique=False)
    op.create_table(
        "scheduled_shifts",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("employee_id", sa.Uuid(), nullable=False),
        sa.Column("employee_role_id", sa.Uuid(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("algorithm_run_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        ExcludeConstraint(
            (sa.column("restaurant_id"), "="),
            (sa.column("employee_id"), "="),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("status NOT IN ('declined', 'cancelled')"),
            using="gist",
            name="ex_scheduled_shifts_no_overlap",
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'confirmed', 'declined', 'cancelled')",
            name=op.f("ck_scheduled_shifts_status_is_known"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_scheduled_shifts_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "algorithm_run_id"],
            ["algorithm_runs.restaurant_id", "algorithm_runs.id"],
            name="fk_scheduled_shifts_restaurant_id_algorithm_run_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_id"],
            ["employees.restaurant_id", "employees.id"],
            name="fk_scheduled_shifts_restaurant_id_employee_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "employee_role_id"],
            ["employee_roles.restaurant_id", "employee_roles.id"],
            name="fk_scheduled_shifts_restaurant_id_employee_role_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_scheduled_shifts_restaurant_id", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_scheduled_shifts"),
    )
    op.create_index(
        "ix_scheduled_shifts_business_date", "scheduled_shifts", ["restaurant_id", "business_date"], unique=False
    )
    op.create_table(
        "inventory_movements",
        sa.Column("restaurant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ingredient_id", sa.Uuid(), nullable=False),
        sa.Column("inventory_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("previous_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("new_quantity", sa.Numeric(precision=12, scale=3), nullable=False),
        sa.Column("unit_cost", sa.Numeric(precision=14, scale=6), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('purchase', 'usage', 'waste', 'count', 'adjustment', 'transfer')",
            name=op.f("ck_inventory_movements_kind_is_known"),
        ),
        sa.CheckConstraint(
            "least(previous_quantity, new_quantity) >= 0", name=op.f("ck_inventory_movements_quantities_not_negative")
        ),
        sa.CheckConstraint(
            "new_quantity = previous_quantity + quantity", name=op.f("ck_inventory_movements_quantities_add_up")
        ),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_inventory_movements_unit_cost_not_negative")),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "ingredient_id"],
            ["ingredients.restaurant_id", "ingredients.id"],
            name="fk_inventory_movements_restaurant_id_ingredient_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id", "inventory_id"],
            ["inventory.restaurant_id", "inventory.id"],
            name="fk_inventory_movements_restaurant_id_inventory_id",
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["restaurant_id"], ["restaurants.id"], name="fk_inventory_movements_restaurant_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_inventory_movements_user_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("restaurant_id", "id", name="pk_inventory_movements"),
    )
    op.create_index(
        "ix_inventory_movements_ingredient",
        "inventory_movements",
        ["restaurant_id", "ingredient_id", "occurred_at"],
        unique=False,
    )
    for table in TENANT_TABLES:
        op.execute(f"SELECT flux_protect_tenant_table('{table}')")
    op.execute("REVOKE UPDATE, DELETE ON inventory_movements FROM flux_app")
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON inventory_movements"
        " FOR EACH ROW EXECUTE FUNCTION flux_refuse_change()"
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_inventory_movements_ingredient", table_name="inventory_movements")
    op.drop_table("inventory_movements")
    op.drop_index("ix_scheduled_shifts_business_date", table_name="scheduled_shifts")
    op.drop_table("scheduled_shifts")
    op.drop_index("ix_recipes_ingredient", table_name="recipes")
    op.drop_table("recipes")
    op.drop_index("ix_promotions_starts_on", table_name="promotions")
    op.drop_table("promotions")
    op.drop_table("price_elasticity")
    op.drop_index("ix_inventory_expires_on", table_name="inventory")
    op.drop_table("inventory")
    op.drop_table("ingredient_cost_history")
    op.drop_table("forecast_accuracy")
    op.drop_table("employee_skills")
    op.drop_table("employee_availability")
    op.drop_table("shift_templates")
    op.drop_table("ingredients")
    op.drop_table("employees")
    op.drop_table("skills")
    op.drop_index("ix_restaurant_events_starts_at", table_name="restaurant_events")
    op.drop_table("restaurant_events")
    op.drop_table("ingredient_categories")
    op.execute("DROP FUNCTION flux_refuse_change()")
    op.execute("DROP EXTENSION IF EXISTS btree_gist")
