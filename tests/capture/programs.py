"""Strategies for random programs: operations, alone and in blocks that may fail."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Concat, Length, Random, Upper
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from hypothesis import strategies as st

from tests.capture.operations import (
    assign,
    befriend,
    bind,
    bulk_update,
    cite,
    create,
    create_later,
    delete,
    delete_async,
    delete_child_only,
    delete_twice,
    grow,
    in_async,
    join,
    load,
    move,
    note,
    own,
    paint,
    pick,
    pledge,
    relate,
    relate_notes,
    relate_stickers,
    save,
    save_async,
    save_by_parents_key,
    save_copy,
    save_deferred,
    save_elsewhere,
    save_locked,
    save_refreshed,
    save_stale,
    some,
    stick,
    through_notes,
    titles_by_author,
    upsert,
    upsert_documents,
    with_receiver,
    write_between,
)
from tests.testapp.models import (
    Author,
    Binding,
    Book,
    Cafe,
    Cell,
    Club,
    Country,
    Document,
    Dossier,
    Membership,
    Node,
    Note,
    Odd,
    Person,
    Place,
    Pledge,
    Point,
    Portrait,
    Restaurant,
    Sheet,
    Sticker,
    Stock,
    Tag,
    Writer,
)

# From what nothing refers to, to what is referred to.
MODELS = (
    Book.tags.through,
    Sheet.sources.through,
    Person.friends.through,
    Membership,
    Pledge,
    Note,
    Dossier,
    Portrait,
    Book,
    Tag,
    Author,
    Country,
    Sheet,
    Binding,
    Document,
    Sticker,
    Cell,
    Odd,
    Node,
    Stock,
    Person,
    Club,
    Cafe,
    Restaurant,
    Place,
)

# Names that rows have already, and others.
text = st.one_of(
    st.sampled_from(["A", "B", "C", "a"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
)
number = st.integers(0, 3)
numbers = st.lists(number, max_size=3)
names = st.lists(text, min_size=1, max_size=3)
code = st.sampled_from(["a", "b", "c"])
codes = st.lists(code, min_size=1, max_size=3)
flag = st.booleans()
price = st.one_of(
    st.decimals(-999, 999, places=2), st.integers(-99, 99), st.sampled_from(["1.5", "0", "-2.25"])
)
json = st.recursive(
    st.one_of(st.none(), flag, st.integers(-99, 99), text, st.floats(-9, 9, width=16)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(text, inner, max_size=2)),
    max_leaves=4,
).filter(lambda value: value is not None)
relations = st.sampled_from(
    ["add", "remove", "set", "clear", "aadd", "aremove", "aset", "aclear", "add", "set"]
)
of_notes = st.sampled_from(["add", "remove", "set", "clear", "aadd", "aset"])
how = st.sampled_from(["at once", "batches", "async"])


def call(function: Any, *arguments: Any) -> Any:
    """Return a strategy for calls; arguments that are no strategies stay as they are."""
    given = [each if isinstance(each, st.SearchStrategy) else st.just(each) for each in arguments]
    return st.tuples(st.just(function), st.tuples(*given))


def values(**fields: Any) -> Any:
    return st.fixed_dictionaries(
        {k: v if isinstance(v, st.SearchStrategy) else st.just(v) for k, v in fields.items()}
    )


def models(*which: Any) -> Any:
    return st.sampled_from(which)


def empty(model: Any) -> None:
    model._base_manager.all().delete()


BOOKS = [
    call(create, Author, values(name=text)),
    call(create, Tag, values(name=text)),
    call(create, Book, values(title=text, price=price, extra=json)),
    call(assign, number, number, text),
    call(save, Book, number, values(price=price), ["price"]),
    call(save, Book, number, values(extra=json)),
    call(save, Book, number, values(price=F("price") + 1)),
    call(save, Book, number, values(is_published=flag)),
    call(save, Book, number, values()),
    call(save_deferred, number, text, flag),
    call(lambda p: Book.objects.update(price=p), price),
    call(lambda: Book.objects.update(price=F("price") / 3)),
    call(lambda t: Book.objects.filter(is_published=True).update(title=t, pages=1), text),
    call(lambda t: Book.objects.filter(title=t).update(title=t + "!"), text),
    call(lambda t: Book.objects.filter(author__name=t).update(pages=Length("title")), text),
    call(lambda n: Book.objects.filter(tags__in=some(Tag, n)).update(rating=1), numbers),
    call(
        lambda: (
            Book.objects.annotate(n=Count("tags")).filter(Q(n__gt=1) | Q(pages=1)).update(rating=2)
        )
    ),
    call(
        lambda: Book.objects.update(
            title=Case(When(is_published=True, then=Upper("title")), default=Value("-"))
        )
    ),
    call(titles_by_author),
    call(relate, relations, number, numbers, flag),
    call(own, number, text),
    call(delete, models(Author, Book, Tag, Dossier), number),
    call(empty, models(Author, Book, Tag)),
]
TAGS = [
    call(create, Tag, values(name=text)),
    call(create, Book, values(title=text)),
    call(relate, relations, number, numbers, flag),
    call(relate, relations, number, numbers, flag),
    call(
        write_between, st.sampled_from(["update", "delete", "save", "bulk_create"]), number, number
    ),
    call(delete, models(Book, Tag), number),
    call(delete_twice, number),
]
AUTHORS = [
    call(create, Author, values(name=text)),
    call(create, Writer, values(name=text)),
    call(save, Writer, number, values(name=text)),
    call(save_stale, number, text, text),
    call(save_refreshed, number, text),
    call(save_locked, number, text),
    call(save_async, Author, number, values(name=text)),
    call(save_copy, Author, number, st.sampled_from(["no key", "another key", "by force"])),
    call(load, Author, number, values(name=text)),
    call(lambda n: Author.objects.bulk_create([Author(name=each) for each in n]), names),
    call(lambda n: Writer.objects.bulk_create([Writer(name=each) for each in n], 2), names),
    call(bulk_update, Author, "name", names, how),
    call(lambda n: Author.objects.get_or_create(name=n), code),
    call(lambda n, t: Author.objects.update_or_create(name=n, defaults={"name": t}), code, text),
    call(lambda n: in_async(Author.objects.all, "acreate", name=n), code),
    call(lambda n: in_async(Author.objects.all, "aget_or_create", name=n), code),
    call(lambda n: in_async(Author.objects.all, "aupdate", name=n), text),
    call(lambda n: in_async(lambda: Author.objects.filter(name=n), "adelete"), code),
    call(delete_async, Author, number),
    call(create_later, text),
    call(paint, number, text),
    call(own, number, text),
    call(delete, models(Author, Dossier, Portrait), number),
    call(
        with_receiver,
        st.sampled_from([pre_save, post_save]),
        Author,
        number,
        st.one_of(
            call(create, Author, values(name=text)), call(save, Author, number, values(name=text))
        ),
    ),
    call(
        with_receiver,
        st.sampled_from([pre_delete, post_delete]),
        models(Author, Book),
        number,
        st.one_of(call(delete, Author, number), call(empty, Author)),
    ),
]
KEYS = [
    call(lambda c, name: Country(code=c, name=name).save(), code, text),
    call(create, Country, values(code=code, name=text)),
    call(save_copy, Country, number, st.sampled_from(["another key", "by force"])),
    call(load, Country, number, values(name=text)),
    call(lambda c, d: Country.objects.filter(code=c).update(code=d), code, code),
    call(lambda: Country.objects.update(code=Concat(F("code"), Value("1")))),
    call(lambda c: Country.objects.filter(code=c).delete(), code),
    call(
        lambda c, name: Country.objects.update_or_create(code=c, defaults={"name": name}),
        code,
        text,
    ),
    call(upsert, codes, number, st.sampled_from(["ignore", "update", "batches", "async"])),
    call(lambda: Stock.objects.update(count=F("count") + 1)),
    call(lambda c: Stock.objects.filter(sku=c).delete(), code),
    call(create, Cell, values(row=number, column=code, text=text)),
    call(lambda r, c, t: Cell(row=r, column=c, text=t).save(), number, code, text),
    call(save, Cell, number, values(text=text)),
    call(lambda r, c: Cell.objects.filter(row=r).update(column=c), number, code),
    call(lambda c: Cell.objects.filter(column=c).update(row=F("row") + 1, text="moved"), code),
    call(bulk_update, Cell, "text", names, how),
    call(create, Odd, values(shout=text, base=number)),
    call(save, Odd, number, values(base=number, greeting=text)),
    call(lambda n: Odd.objects.update(base=F("base") + n), number),
    call(lambda n: save(Odd, n, {"point": Point(n, n)}), number),
    call(lambda n: Odd.objects.update(point=Point(n, n)), number),
    call(lambda n: Odd.objects.alias(r=Random()).filter(r__gt=0.5).update(base=n), number),
    call(lambda n: Odd.objects.bulk_create([Odd(base=n), Odd(base=str(n))]), number),
    call(delete, models(Country, Cell, Odd), number),
]
DOCUMENTS = [
    call(create, Document, values(title=text)),
    call(save, Document, number, values(title=text)),
    call(lambda t: Document.objects.bulk_create([Document(title=t), Document(title=t)]), text),
    call(upsert_documents, text),
    call(cite, relations, number, numbers, flag),
    call(lambda p, d: save(Sheet, p, {"document": pick(Document, d)}), number, number),
    call(lambda d: Sheet.objects.update(document=pick(Document, d)), number),
    call(bind, number, text),
    call(delete, models(Document, Sheet, Binding), number),
]
PLACES = [
    call(create, Place, values(name=text)),
    call(create, Restaurant, values(name=text, stars=1)),
    call(create, Cafe, values(name=text, stars=1, seats=2)),
    call(save, Cafe, number, values(name=text, seats=5)),
    call(save, Restaurant, number, values(name=text), ["name"]),
    call(save, Place, number, values(name=text)),
    call(save_by_parents_key, models(Cafe, Restaurant), number, text),
    call(stick, number, text),
    call(relate_stickers, of_notes, number, numbers),
    call(lambda n: Sticker.objects.update(object_id=n), number),
    call(load, models(Place, Restaurant, Cafe), number, values()),
    call(load, Cafe, number, values(seats=number)),
    call(lambda stars: Restaurant.objects.update(stars=stars, name="updated"), number),
    call(lambda n: Cafe.objects.filter(stars=n).update(seats=F("seats") + 1, name="x"), number),
    call(lambda: Place.objects.update(name=Concat(F("name"), Value("!")))),
    call(bulk_update, Cafe, "name", names, how),
    call(note, number, text),
    call(relate_notes, of_notes, number, numbers),
    call(through_notes, st.sampled_from(["create", "update", "both"]), number, text),
    call(lambda t: Note.visible.update(text=t), text),
    call(delete, models(Cafe, Restaurant, Place, Note, Sticker), number),
    call(delete_child_only, models(Cafe, Restaurant), number),
    call(empty, models(Cafe, Restaurant, Place)),
]
PEOPLE = [
    call(create, Person, values(name=text)),
    call(create, Club, values(name=text)),
    call(befriend, relations, number, numbers),
    call(join, st.sampled_from(["add", "remove", "set", "clear"]), number, numbers, text),
    call(pledge, number, number, number, number),
    call(lambda n: Pledge.objects.update(amount=F("amount") + n), number),
    call(grow, number, text),
    call(move, number, number),
    call(delete, models(Person, Club, Membership, Pledge, Node, Place), number),
    call(delete, models(Club, Node), number),
    call(empty, models(Person, Club, Node)),
    call(
        with_receiver,
        m2m_changed,
        Person.friends.through,
        number,
        call(befriend, relations, number, numbers),
    ),
]
ELSEWHERE = [
    call(create, Author, values(name=text), "other"),
    call(save, Author, number, values(name=text), None, "other"),
    call(save_elsewhere, number, text),
    call(lambda t: Author.objects.using("other").update(name=t), text),
    call(lambda n: Author.objects.using("other").bulk_create([Author(name=e) for e in n]), names),
    call(delete, Author, number, "other"),
    call(create, Author, values(name=text)),
    call(save, Author, number, values(name=text)),
]

# Mostly about few models, so that operations meet each other's rows.
THEMES = (BOOKS, TAGS, AUTHORS, KEYS, DOCUMENTS, PLACES, PEOPLE, ELSEWHERE)


def blocks(operation: Any) -> Any:
    """Return programs of an operation, some of them in nested blocks that may fail."""
    return st.recursive(
        st.lists(operation, min_size=3, max_size=12),
        lambda inner: st.lists(
            st.one_of(
                operation,
                st.tuples(
                    st.sampled_from(["atomic", "atomic", "atomic", "durable", "by hand", "other"]),
                    st.tuples(flag, inner),
                ),
            ),
            min_size=2,
            max_size=6,
        ),
        max_leaves=5,
    )


def about(operations: list[Any]) -> Any:
    return blocks(st.one_of(operations))


program = st.one_of(*map(about, THEMES), about([each for theme in THEMES for each in theme]))
