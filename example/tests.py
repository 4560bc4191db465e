"""The search page of the example, and how the tests of any application ask for its events."""
# ruff: noqa: PT009 - the tests of a Django application, in Django's own way

from django.contrib.auth.models import Permission, User
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
        cls.anna = User.objects.create_user("anna")
        cls.anna.user_permissions.add(Permission.objects.get(codename="view", content_type__app_label="auditsearch"))
        cls.kate = User.objects.create_user("kate")
        with captured_events():
            record("note", verbose="Клавиатура <b>delayed</b>", title="A & B", size=7)
            ship()

    def page(self, status=200, user=None, **asked):
        """The page's text."""
        self.client.force_login(user or self.anna)
        answer = self.client.get("/audit/", asked)
        self.assertEqual(answer.status_code, status)
        return answer.content.decode()

    def test_only_people_with_the_permission_may_ask(self):
        self.assertNotIn("delayed", self.page(403, user=self.kate))

    def test_words_find_in_any_case_and_nothing_is_markup(self):
        text = self.page(q="КЛАВИАТУРА")
        self.assertIn("<mark>Клавиатура</mark> &lt;b&gt;delayed&lt;/b&gt;", text)

    def test_a_key_narrows_the_answer(self):
        self.assertIn("delayed", self.page(q='context.title:"a &" size>6'))
        self.assertIn("No event answers", self.page(q="context.title:c"))

    def test_a_wrong_question_is_answered_with_a_sentence(self):
        self.assertIn("says no moment", self.page(400, since="2026-13-45"))
        self.assertIn("no partner", self.page(400, q='"late'))
