"""The search page of the example, and how the tests of any application ask for its events."""
# ruff: noqa: PT009 - the tests of a Django application, in Django's own way

from django.contrib.auth.models import User
from django.test import TestCase

from auditsearch.api import record
from auditsearch.testing import captured_events, ship
from example.shop import orders
from example.shop.models import Customer, Order, Product


class Trace(TestCase):
    """What the shop's own steps leave behind."""

    def setUp(self):
        self.customer = Customer.objects.create(name="Иванов Иван")
        self.product = Product.objects.create(name="Tea set", price=1200, stock=3)

    def test_paying_is_one_event(self):
        order = orders.place(self.customer, [(self.product, 1)])
        with captured_events() as events:
            orders.pay(order)
        self.assertEqual(
            [(event.event_code, event.diff) for event in events], [("update", {"status": ["new", "paid"]})]
        )

    def test_an_order_that_fails_leaves_no_event_and_no_order(self):
        with captured_events() as events, self.assertRaisesMessage(orders.OutOfStockError, "4 wanted, 3 left"):
            orders.place(self.customer, [(self.product, 4)])
        self.assertEqual(list(events), [])
        self.assertFalse(Order.objects.exists())


class SearchPage(TestCase):
    """Who may see it, and what it answers."""

    @classmethod
    def setUpTestData(cls):
        cls.staff = User.objects.create_user("anna", is_staff=True)
        cls.other = User.objects.create_user("kate")
        with captured_events():
            record("note", verbose="Клавиатура <b>delayed</b>", title="A & B", size=7)
            for number in range(60):
                record("count", verbose=f"number {number}")
            ship()

    def page(self, status=200, user=None, **asked):
        """The page's text."""
        self.client.force_login(user or self.staff)
        answer = self.client.get("/search/", asked)
        self.assertEqual(answer.status_code, status)
        return answer.content.decode()

    def test_only_staff_may_ask(self):
        self.page(302, user=self.other)

    def test_words_find_in_any_case_and_nothing_is_markup(self):
        text = self.page(words="КЛАВИАТУРА delayed")
        self.assertIn("&lt;b&gt;delayed&lt;/b&gt;", text)
        self.assertNotIn("<b>delayed", text)

    def test_a_field_and_a_key_narrow_the_answer(self):
        self.assertIn("delayed", self.page(event_code="note", place="_context", key="title", value="a &"))
        self.assertIn("No event fits", self.page(event_code="note", place="_context", key="title", value="c"))
        self.assertIn("No event fits", self.page(until="2020-01-01"))

    def test_a_page_holds_50_events(self):
        self.assertEqual(self.page(event_code="count").count("<td>count"), 50)
        self.assertEqual(self.page(event_code="count", page="2").count("<td>count"), 10)

    def test_a_wrong_question_is_answered_with_a_sentence(self):
        for asked, sentence in [
            ({"words": "!"}, "word"),
            ({"since": "2026-13-45"}, "is no date"),
            ({"value": "x"}, "say where"),
            ({"words": "x" * 1001}, "longer than 1000"),
            ({"place": "_context", "key": "a__b__gtt__", "value": "1"}, "error"),
        ]:
            with self.subTest(asked):
                text = self.page(400, **asked)
                self.assertIn('class="error"', text)
                self.assertIn(sentence, text)

    def test_a_place_that_the_form_does_not_offer_is_refused(self):
        self.page(400, place="_password", key="x", value="y")
