"""Tests of people: each exists once, only hashes of passwords are stored, and memberships name their restaurants."""

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from click.testing import CliRunner, Result
from sqlalchemy import text

from flux_pipeline.cli.main import main
from flux_pipeline.errors import PermanentError
from flux_pipeline.store.access.passwords import check_password, hash_password
from flux_pipeline.store.access.people import (
    Membership,
    add_user,
    change_user,
    clean_name,
    find_user,
    fold_email,
    join_restaurant,
    leave_restaurant,
    list_users,
    set_active,
    set_password,
)
from flux_pipeline.store.door import Store
from flux_pipeline.store.postgres.roles import Role
from flux_pipeline.store.records.acts import list_acts
from flux_pipeline.store.restaurant import Restaurant

KIM = "kim@bistro.example"
PASSWORD = "four words nobody guesses"


@pytest.fixture
def kim(store: Store) -> str:
    add_user(store, KIM, "Kim Lee", "manager", None)
    return KIM


def stored_hash(store: Store, email: str) -> str | None:
    with store.transaction(Role.OWNER) as owner:
        hashed: str | None = owner.scalar(text("SELECT hashed_password FROM users WHERE email = :e"), {"e": email})
        return hashed


def verifies(hashed: str | None, password: str) -> bool:
    try:
        return PasswordHasher().verify(hashed or "", password)
    except VerifyMismatchError:
        return False


def acts(store: Store) -> list[tuple[str | None, str, str, object, object]]:
    """The logged acts about people, the newest first."""
    with store.fleet() as fleet:
        noted = list_acts(fleet)
    return [(a.slug, a.action, a.subject, a.before, a.after) for a in noted if a.action.startswith("users.")]


def flux(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


@pytest.mark.parametrize(
    "password",
    ["", "short", "elevenchars", "x" * 1001, KIM, KIM.upper(), KIM.replace("@", "\N{FULLWIDTH COMMERCIAL AT}")],
)
def test_a_password_that_is_easily_guessed_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(PermanentError) as refused:
        check_password(password, KIM)
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize("password", ["twelve chars", "x" * 1000, "Ünïcödé und Leerzeichen", PASSWORD])
def test_a_password_of_twelve_characters_or_more_is_accepted_whatever_its_characters(password: str) -> None:
    check_password(password, KIM)


def test_a_hash_is_argon2id_and_salted_and_fits_only_its_password() -> None:
    hashed = hash_password(PASSWORD)
    assert hashed.startswith("$argon2id$") and PASSWORD not in hashed
    assert hash_password(PASSWORD) != hashed
    assert verifies(hashed, PASSWORD)
    assert not verifies(hashed, PASSWORD + " ")


def test_a_password_with_decomposed_accents_is_the_same_password() -> None:
    composed = "Caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait"
    assert verifies(hash_password("Cafe\N{COMBINING ACUTE ACCENT} au lait"), composed)


@pytest.mark.parametrize("typed", ["Kim@Bistro.Example", f" {KIM}\n", KIM])
def test_an_address_is_the_same_in_upper_and_lower_case(typed: str) -> None:
    assert fold_email(typed) == KIM


@pytest.mark.parametrize(
    "typed", ["", "kim", "kim@", "@bistro", "a@b@c", "kim lee@bistro", "a\x00@b", "a" * 250 + "@b.de"]
)
def test_an_invalid_address_is_refused_with_a_valid_example(typed: str) -> None:
    with pytest.raises(PermanentError, match=r"like 'kim@bistro\.example'"):
        fold_email(typed)


def test_a_person_is_added_once_and_logged_without_the_hash(store: Store) -> None:
    add_user(store, "KIM@bistro.example", "Kim Lee", "manager", PASSWORD)
    with pytest.raises(PermanentError, match="already exists"):
        add_user(store, KIM, "Somebody else", "admin", None)
    with store.fleet() as fleet:
        (user,) = list_users(fleet)
    assert (user.email, user.full_name, user.role, user.is_active, user.has_password) == (
        KIM,
        "Kim Lee",
        "manager",
        True,
        True,
    )
    assert verifies(stored_hash(store, KIM), PASSWORD)
    after = {"full_name": "Kim Lee", "role": "manager", "has_password": True}
    assert acts(store) == [(None, "users.add", KIM, None, after)]


def test_a_new_password_replaces_the_old_one(store: Store, kim: str) -> None:
    assert stored_hash(store, kim) is None
    for password in (PASSWORD, "another one, just as long"):
        set_password(store, kim.upper(), password)
        assert verifies(stored_hash(store, kim), password)
    assert [act[1:2] + act[3:] for act in acts(store)[:2]] == [
        ("users.set_password", {"has_password": True}, {"has_password": True}),
        ("users.set_password", {"has_password": False}, {"has_password": True}),
    ]


def test_a_refused_password_changes_nothing(store: Store, kim: str) -> None:
    with pytest.raises(PermanentError, match="12 or more"):
        set_password(store, kim, "short")
    assert stored_hash(store, kim) is None
    assert [act[1] for act in acts(store)] == ["users.add"]


def test_an_unknown_person_is_refused_everywhere(store: Store, bistro: Restaurant) -> None:
    for attempt in (
        lambda: change_user(store, KIM, role="admin"),
        lambda: set_password(store, KIM, PASSWORD),
        lambda: set_active(store, KIM, active=False),
        lambda: join_restaurant(store, KIM, "bistro"),
        lambda: leave_restaurant(store, KIM, "bistro"),
    ):
        with pytest.raises(PermanentError, match=f"Nobody has the address {KIM}"):
            attempt()


def test_a_deactivated_person_keeps_their_memberships(store: Store, bistro: Restaurant, kim: str) -> None:
    join_restaurant(store, kim, "bistro", "owner")
    assert set_active(store, kim, active=False)
    assert not set_active(store, kim, active=False)
    with store.fleet() as fleet:
        (user,) = list_users(fleet, "bistro")
    assert (user.is_active, user.memberships) == (False, {"bistro": "owner"})
    assert set_active(store, kim, active=True)
    assert [act[1] for act in acts(store)[:2]] == ["users.activate", "users.deactivate"]


def test_a_role_is_kept_unless_another_is_given(store: Store, bistro: Restaurant, cafe: Restaurant, kim: str) -> None:
    assert join_restaurant(store, kim, "bistro") == Membership(None, "staff")
    assert join_restaurant(store, kim, "bistro", "owner") == Membership("staff", "owner")
    assert join_restaurant(store, kim, "bistro") == Membership("owner", "owner")
    assert join_restaurant(store, kim, "cafe", "manager") == Membership(None, "manager")
    with store.fleet() as fleet:
        assert find_user(fleet, kim).email == kim
        assert [user.memberships for user in list_users(fleet)] == [{"bistro": "owner", "cafe": "manager"}]
        assert [user.memberships for user in list_users(fleet, "cafe")] == [{"cafe": "manager"}]
    assert leave_restaurant(store, kim, "bistro") == Membership("owner", None)
    assert leave_restaurant(store, kim, "bistro") == Membership(None, None)
    assert acts(store)[:4] == [
        ("bistro", "users.leave", kim, "owner", None),
        ("cafe", "users.join", kim, None, "manager"),
        ("bistro", "users.join", kim, "staff", "owner"),
        ("bistro", "users.join", kim, None, "staff"),
    ]


@pytest.mark.parametrize("typed", ["", "  ", "\t\n", "Kim\nLee", "Kim\x1b[2J", "Kim\x00", "eeL \u202emiK"])
def test_an_unreadable_name_is_refused(store: Store, kim: str, typed: str) -> None:
    with pytest.raises(PermanentError, match="name"):
        clean_name(typed)
    with pytest.raises(PermanentError, match="name"):
        add_user(store, "lee@bistro.example", typed, "staff", None)
    with pytest.raises(PermanentError, match="name"):
        change_user(store, kim, full_name=typed)
    with store.fleet() as fleet:
        assert [user.full_name for user in list_users(fleet)] == ["Kim Lee"]


@pytest.mark.parametrize("typed", ["Kim", "  Kim\n", "Ünal Ö'Neil-Łuk", "گل\u200cرخ", "क्\u200dष", "金 李"])
def test_a_name_in_any_script_is_stored_without_the_space_around_it(typed: str) -> None:
    assert clean_name(typed) == typed.strip()


def test_only_changed_names_and_roles_are_written_and_logged(store: Store, kim: str) -> None:
    assert change_user(store, kim.upper(), full_name=" Kim Park ").after.full_name == "Kim Park"
    changed = change_user(store, kim, full_name="Kim Park", role="admin")
    assert (changed.before.role, changed.after.role) == ("manager", "admin")
    again = change_user(store, kim, full_name="Kim Park", role="admin")
    assert again.before == again.after
    with store.fleet() as fleet:
        assert find_user(fleet, kim) == again.after
    assert [act[1:2] + act[3:] for act in acts(store)[:-1]] == [
        ("users.change", {"role": "manager"}, {"role": "admin"}),
        ("users.change", {"full_name": "Kim Lee"}, {"full_name": "Kim Park"}),
    ]


def test_a_change_of_nothing_is_refused(store: Store, kim: str) -> None:
    with pytest.raises(PermanentError, match="--name, --role or both"):
        change_user(store, kim)


@pytest.mark.parametrize("role", [Role.APP, Role.FEEDS])
@pytest.mark.parametrize("statement", ["SELECT email FROM users", "UPDATE users SET hashed_password = 'x'"])
def test_the_pipelines_roles_can_neither_read_nor_write_people(store: Store, role: Role, statement: str) -> None:
    with pytest.raises(PermanentError, match="permission denied"), store.transaction(role) as connection:
        connection.execute(text(statement))


def test_the_fleet_reads_people_but_does_not_change_them(store: Store, kim: str) -> None:
    with pytest.raises(PermanentError, match="permission denied"), store.fleet() as connection:
        connection.execute(text("UPDATE users SET role = 'admin'"))


def test_the_first_line_of_standard_input_is_the_password(store: Store) -> None:
    added = flux("users", "add", KIM, "--name", "Kim Lee", stdin=f"{PASSWORD}\r\nnot this\n")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    assert verifies(stored_hash(store, KIM), PASSWORD)


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        ("", "is empty"),
        ("\nlong enough but the second line\n", "is empty"),
        ("short\n", "12 or more"),
        (b"\xff\xfe long enough by far\n", "UTF-8"),
    ],
)
def test_standard_input_without_a_password_adds_nobody(store: Store, stdin: str | bytes, message: str) -> None:
    refused = flux("users", "add", KIM, "--name", "Kim Lee", stdin=stdin)
    assert refused.exit_code == 1 and message in refused.output
    with store.fleet() as fleet:
        assert list_users(fleet) == []


def test_the_commands_say_what_they_changed(store: Store, bistro: Restaurant) -> None:
    assert "without a password" in flux("users", "add", KIM, "--name", "Kim Lee", "--no-password").output
    assert "already exists" in flux("users", "add", KIM, "--name", "Kim Lee", "--no-password").output
    assert "1 person\n" in flux("users", "list").output
    assert "is now Kim, admin" in flux("users", "change", KIM, "--name", "Kim ", "--role", "admin").output
    assert "is already Kim, admin" in flux("users", "change", KIM, "--role", "admin").output
    assert "is now staff at bistro" in flux("users", "join", KIM, "--restaurant", "bistro").output
    assert "already staff" in flux("users", "join", KIM, "--restaurant", "bistro").output
    assert "no longer staff but owner" in flux("users", "join", KIM, "--restaurant", "bistro", "--role", "owner").output
    assert "bistro (owner)" in flux("users", "list").output
    assert "new password" in flux("users", "set-password", KIM, stdin=f"{PASSWORD}\n").output
    assert "now inactive" in flux("users", "deactivate", KIM).output
    assert "already inactive" in flux("users", "deactivate", KIM).output
    assert "now active" in flux("users", "activate", KIM).output
    assert "no longer works at bistro" in flux("users", "leave", KIM, "--restaurant", "bistro").output
    assert "did not work at bistro" in flux("users", "leave", KIM, "--restaurant", "bistro").output
    assert "Nobody works at bistro" in flux("users", "list", "--restaurant", "bistro").output
