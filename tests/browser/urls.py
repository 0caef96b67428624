"""The suite's addresses, and a page of a project's own that shows histories."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from tests.testapp.models import Author, Book
from tests.urls import urlpatterns as suite


def book_page(request: HttpRequest, pk: int) -> HttpResponse:
    book = get_object_or_404(Book, pk=pk)
    others = Author.objects.filter(pk=book.author_id)
    return render(request, "testapp/page.html", {"object": book, "others": others})


urlpatterns = [*suite, path("books/<int:pk>/", book_page)]
