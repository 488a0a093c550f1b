"""Changes by hand, or omissions in a migration, after which restaurants are no longer kept apart.

Each concerns a relation of its own: the statements, the relation that is reported, and parts of the finding.
"""

SABOTAGE = {
    "an average of a few restaurants": (
        "ALTER TABLE demand_priors DROP CONSTRAINT ck_demand_priors_of_at_least_twenty;"
        " ALTER TABLE demand_priors ADD CONSTRAINT ck_demand_priors_of_at_least_twenty CHECK (restaurant_count >= 2);"
        " GRANT INSERT ON demand_priors TO flux_app",
        "demand_priors",
        ["check ck_demand_priors_of_at_least_twenty differs from Flux's", "flux_app holds INSERT"],
    ),
    "a dropped policy": (
        "DROP POLICY own_restaurant ON closures",
        "closures",
        ["policy own_restaurant is missing", "does not show exactly the rows", "as flux_app with bistro, cafe"],
    ),
    "a dropped policy of readers": ("DROP POLICY own_login ON skills", "skills", ["policy own_login is missing"]),
    "security switched off": (
        "ALTER TABLE promotions DISABLE ROW LEVEL SECURITY",
        "promotions",
        [
            "security is not enabled",
            "shows rows of other restaurants (as flux_app with no restaurant set, an empty setting, bistro, cafe)",
            "rows of other restaurants can be changed",
            "rows of other restaurants can be deleted",
            "a row can be given to another restaurant",
        ],
    ),
    "security not forced": (
        "ALTER TABLE ingredients NO FORCE ROW LEVEL SECURITY",
        "ingredients",
        ["not forced on its owner"],
    ),
    "a policy for everything": (
        "CREATE POLICY all_rows ON menu_items USING (true)",
        "menu_items",
        ["policy all_rows was not created by Flux", "shows rows of other restaurants"],
    ),
    "a policy that only allows deleting": (
        "CREATE POLICY clean_up ON inventory FOR DELETE USING (true)",
        "inventory",
        [
            "policy clean_up was not created by Flux",
            "can be deleted (as flux_app with no restaurant set, an empty setting)",
        ],
    ),
    "a policy that hides": (
        "CREATE POLICY hide ON restaurant_events AS RESTRICTIVE USING (false)",
        "restaurant_events",
        ["policy hide was not created by Flux", "does not show exactly the rows"],
    ),
    "a policy for everybody": (
        "ALTER POLICY own_restaurant ON employees TO public",
        "employees",
        ["policy own_restaurant differs from Flux's (for public"],
    ),
    "a policy that accepts every row": (
        "ALTER POLICY own_restaurant ON employee_roles WITH CHECK (true)",
        "employee_roles",
        ["own_restaurant differs from Flux's", "new row for another restaurant is not refused: null value"],
    ),
    "a policy that an empty setting breaks": (
        "ALTER POLICY own_restaurant ON shift_templates"
        " USING (restaurant_id = current_setting('app.restaurant_id', true)::uuid)",
        "shift_templates",
        ["own_restaurant differs from Flux's", "reading it fails: invalid input syntax for type uuid"],
    ),
    "a view that reads as its owner": (
        "CREATE VIEW all_recipes AS SELECT * FROM recipe_lines",
        "all_recipes",
        ["the view reads with its owner's rights"],
    ),
    "a view of a view": (
        "CREATE VIEW how_many AS SELECT count(*) FROM all_recipes",
        "how_many",
        ["the view reads with its owner's rights"],
    ),
    "a materialised view": (
        "CREATE MATERIALIZED VIEW kept_recipes AS SELECT * FROM recipe_lines; GRANT SELECT ON kept_recipes TO flux_app",
        "kept_recipes",
        ["a materialised view stores restaurants' rows"],
    ),
    "a key to anybody's row": (
        "ALTER TABLE menu_categories ADD CONSTRAINT one_for_all UNIQUE (id);"
        " ALTER TABLE menu_item_aliases ADD COLUMN shelf uuid,"
        " ADD CONSTRAINT any_shelf FOREIGN KEY (shelf) REFERENCES menu_categories (id)",
        "menu_item_aliases",
        ["foreign key any_shelf can point at another restaurant's row in menu_categories"],
    ),
    "a value unique among all": (
        "CREATE UNIQUE INDEX one_name ON ingredient_categories (name, restaurant_id)",
        "ingredient_categories",
        ["one_name is unique by name first"],
    ),
    "a right to a partition": (
        "GRANT SELECT ON transactions_2026_01 TO flux_app",
        "transactions_2026_01",
        ["flux_app holds SELECT", "it can be read directly, bypassing its table"],
    ),
    "a policy on a partition": (
        "CREATE POLICY peek ON transaction_items_2026_01 USING (true)",
        "transaction_items_2026_01",
        ["policy peek opens a partition"],
    ),
    "a right for everybody": (
        "GRANT SELECT ON restaurant_settings TO PUBLIC",
        "restaurant_settings",
        ["PUBLIC holds SELECT"],
    ),
    "a right that no policy limits": (
        "GRANT TRUNCATE ON rejected_rows TO flux_app",
        "rejected_rows",
        ["flux_app holds TRUNCATE"],
    ),
    "a right to a column": (
        "GRANT SELECT (raw) ON rejected_rows TO flux_feeds",
        "rejected_rows",
        ["flux_feeds holds SELECT (raw)"],
    ),
    "people shown to the pipeline and to readers": (
        "GRANT SELECT ON users TO flux_reader, flux_app",
        "users",
        ["flux_app holds SELECT", "flux_reader holds SELECT"],
    ),
    "a feed that the pipeline may write": (
        "GRANT INSERT ON weather_data TO flux_app",
        "weather_data",
        ["flux_app holds INSERT"],
    ),
    "the operator's log for everybody": (
        "GRANT SELECT ON operator_logs TO PUBLIC; ALTER TABLE operator_logs DISABLE TRIGGER append_only_whole",
        "operator_logs",
        ["PUBLIC holds SELECT", "trigger append_only_whole is switched off"],
    ),
    "a log that can be rewritten, and that readers see": (
        "DROP TRIGGER append_only ON audit_logs; SELECT flux_admit_readers('audit_logs')",
        "audit_logs",
        ["trigger append_only is missing", "policy own_login was not created by Flux", "flux_reader holds SELECT"],
    ),
    "an append-only table that refuses only some changes": (
        "DROP TRIGGER refuse_change ON inventory_movements; CREATE TRIGGER refuse_change BEFORE UPDATE"
        " ON inventory_movements FOR EACH ROW EXECUTE FUNCTION flux_refuse_change()",
        "inventory_movements",
        ["trigger refuse_change differs from Flux's"],
    ),
    "a feed that belongs to another role": (
        "ALTER TABLE local_events OWNER TO flux_feeds",
        "local_events",
        ["it belongs to flux_feeds"],
    ),
    "a function with its owner's rights": (
        "CREATE FUNCTION leak() RETURNS SETOF restaurants LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM restaurants'",
        "leak()",
        ["flux_app, flux_feeds, flux_reader can call this function"],
    ),
    "a new table that nobody protected": (
        "CREATE TABLE forgotten (restaurant_id uuid)",
        "forgotten",
        ["security is not enabled", "it has no policy"],
    ),
    "a new table in another schema": (
        'CREATE SCHEMA archive; CREATE TABLE archive."Old sales" (restaurant_id uuid)',
        'archive."Old sales"',
        ["security is not enabled", "it has no policy"],
    ),
    "a table of no restaurant": ("CREATE TABLE mart (amount numeric)", "mart", ["no column restaurant_id", "declared"]),
    "a table of the pipeline's own role": (
        "CREATE TABLE mine (LIKE closures); ALTER TABLE mine OWNER TO flux_app",
        "mine",
        ["it belongs to flux_app, who can change its policies"],
    ),
}
