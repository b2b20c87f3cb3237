#include "tests/simulation/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/simulation/world.h"

enum { DIGITS = 6, LONG = 150, LONG_EVERY = 3 };

struct book {
    struct note **notes;
    size_t count;
    size_t room;
};

struct book *book_new(void)
{
    struct book *book = calloc(1, sizeof(*book));

    if (book == NULL)
        abort();
    return book;
}

void book_free(struct book *book)
{
    for (size_t i = 0; i < book->count; i++)
        free(book->notes[i]);
    free(book->notes);
    free(book);
}

static void write_text(const struct note *note, const char *word, char out[NOTE_TEXT_SIZE])
{
    size_t size =
        (size_t)snprintf(out, NOTE_TEXT_SIZE, "N%0*u %s", DIGITS, note->number, word);

    if (note->number % LONG_EVERY != 0)
        return;
    for (unsigned i = 0; size < LONG; i++)
        out[size++] = (char)('a' + (note->number + i * i) % 26);
    out[size] = 0;
}

void book_write_replaced(const struct note *note, char out[NOTE_TEXT_SIZE])
{
    write_text(note, REPLACED_TEXT, out);
}

struct note *book_add(struct book *book)
{
    struct note *note = calloc(1, sizeof(*note));

    if (book->count == book->room) {
        book->room = book->room ? book->room * 2 : 64;
        book->notes = realloc(book->notes, book->room * sizeof(struct note *));
    }
    if (note == NULL || book->notes == NULL)
        abort();
    book->notes[book->count++] = note;
    note->number = (unsigned)book->count;
    note->set = note->lead = note->number;
    note->part = note->parts = 1;
    /* Some try to be a receipt. */
    write_text(note, note->number % 5 == 0 ? "id:1 stat:REJECTD" : "hello", note->text);
    snprintf(note->destination, sizeof(note->destination), "4670%08u", note->number);
    return note;
}

size_t book_count(const struct book *book)
{
    return book->count;
}

struct note *book_at(const struct book *book, size_t index)
{
    return book->notes[index];
}

struct note *book_find(const struct book *book, unsigned number)
{
    return number >= 1 && number <= book->count ? book->notes[number - 1] : NULL;
}

struct note *book_find_id(const struct book *book, const char *id, const char *destination)
{
    for (size_t i = 0; i < book->count; i++)
        if (id[0] && strcmp(book->notes[i]->id_text, id) == 0 &&
            strcmp(book->notes[i]->destination, destination) == 0)
            return book->notes[i];
    return NULL;
}

struct note *book_find_text(const struct book *book, const void *text, size_t size,
                            const char *destination)
{
    const char *at = text;
    unsigned number = 0;
    struct note *lead;

    if (size < DIGITS + 1 || at[0] != 'N')
        return NULL;
    for (int i = 1; i <= DIGITS; i++) {
        if (at[i] < '0' || at[i] > '9')
            return NULL;
        number = number * 10 + (unsigned)(at[i] - '0');
    }
    lead = book_find(book, number);
    for (unsigned i = 1; lead && i <= lead->members; i++)
        if (strcmp(book->notes[number - 1 + i]->destination, destination) == 0)
            return book->notes[number - 1 + i];
    return lead;
}

void book_accept(struct world *world, struct note *note, struct wire_view id)
{
    char text[IDENTITY_SIZE];

    wire_view_copy(id, text, sizeof(text));
    if (!identity_is_sound(world->id_form, text))
        world_violation(world, "N%u was accepted with the id '%s'", note->number, text);
    if (note->id_text[0] && strcmp(note->id_text, text) != 0)
        world_violation(world, "N%u has the id %s, and another, %s", note->number,
                        note->id_text, text);
    memcpy(note->id_text, text, sizeof(text));
    note->fate = FATE_TAKEN;
}
