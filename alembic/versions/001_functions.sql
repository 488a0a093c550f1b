-- The functions that make a table a tenant's or a shared one, and the one that makes months. Part of 001, frozen with it.

CREATE FUNCTION flux_set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

-- The form of the policy is measured: NULLIF because the setting reads '' after a transaction and ''::uuid raises, the
-- sub-SELECT because it is evaluated once and not per row. FORCE holds the owner to it too.
CREATE FUNCTION flux_protect_tenant_table(target regclass, key_column name DEFAULT 'restaurant_id')
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own_rows text := format(
        '%I = (SELECT NULLIF(current_setting(''app.restaurant_id'', true), '''')::uuid)', key_column);
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY own_restaurant ON %s TO flux_app USING (%s) WITH CHECK (%s)',
                   target, own_rows, own_rows);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO flux_app', target);
    EXECUTE format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW'
                   ' EXECUTE FUNCTION flux_set_updated_at()', target);
END $$;

CREATE FUNCTION flux_share_table(target regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT SELECT ON %s TO flux_app, flux_fleet, flux_feeds, flux_reader', target);
    EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO flux_feeds', target);
    EXECUTE format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW'
                   ' EXECUTE FUNCTION flux_set_updated_at()', target);
END $$;

-- The one thing that flux_app needs of an owner. A month is built apart and attached: readers and writers of the table go
-- on meanwhile, but writers of the tables that it refers to must wait, so callers keep it short and make months ahead. A
-- month has no grants and no policy of its own, so nobody reads it past its parent's policy.
CREATE FUNCTION flux_ensure_months(target regclass, days date[])
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parent text;
    month date;
    child text;
    made integer := 0;
BEGIN
    SELECT relname INTO parent FROM pg_class
    WHERE oid = target AND relkind = 'p' AND relnamespace = 'public'::regnamespace;
    IF parent IS NULL THEN
        RAISE EXCEPTION '% is not partitioned by month', target;
    END IF;
    FOR month IN SELECT DISTINCT date_trunc('month', day)::date FROM unnest(days) AS day ORDER BY 1 LOOP
        child := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(format('public.%I', child)) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('flux months'));
        -- Who held the lock may have made it. to_regclass would answer from this session's cache, a query looks.
        CONTINUE WHEN EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = 'public'::regnamespace);
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', child, parent);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                       parent, child, month, (month + interval '1 month')::date);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
