/* See pool.h. */
#include "pool.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };
static const uint32_t FREE = UINT32_MAX;

void wm_pool_init(wm_pool *pool, const wanmi_host *host)
{
    *pool = (wm_pool){.host = host};
}

void wm_pool_drop(wm_pool *pool)
{
    wm_free(pool->host, pool->words, pool->word_capacity * sizeof *pool->words);
    wm_free(pool->host, pool->rows, pool->capacity * sizeof *pool->rows);
    wm_free(pool->host, pool->slots, pool->slot_count * sizeof *pool->slots);
    wm_pool_init(pool, pool->host);
}

const uint32_t *wm_pool_at(const wm_pool *pool, uint32_t number)
{
    return pool->words + pool->rows[number].first;
}

static uint32_t hash_of(const uint32_t *row, size_t length)
{
    uint64_t hash = length;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ row[i]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return (uint32_t)(hash >> 16);
}

static bool grow(wm_pool *pool)
{
    size_t size = pool->slot_count != 0 ? 2 * pool->slot_count : FIRST_SLOTS;
    uint32_t *slots = wm_alloc(pool->host, size * sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < size; i++)
        slots[i] = FREE;
    for (uint32_t number = 0; number < pool->count; number++) {
        size_t at = pool->rows[number].hash & (size - 1);
        while (slots[at] != FREE)
            at = (at + 1) & (size - 1);
        slots[at] = number;
    }
    wm_free(pool->host, pool->slots, pool->slot_count * sizeof *slots);
    pool->slots = slots;
    pool->slot_count = size;
    return true;
}

static bool keep(wm_pool *pool, const uint32_t *row, size_t length, uint32_t hash)
{
    void *words = pool->words, *rows = pool->rows;
    if (pool->count >= FREE - 1 || length > UINT32_MAX)
        return false;
    if (!wm_reserve(pool->host, &words, &pool->word_capacity, pool->word_count + length, sizeof *pool->words))
        return false;
    pool->words = words;
    if (!wm_reserve(pool->host, &rows, &pool->capacity, pool->count + 1, sizeof *pool->rows))
        return false;
    pool->rows = rows;
    memcpy(pool->words + pool->word_count, row, length * sizeof *row);
    pool->rows[pool->count++] = (wm_pool_row){pool->word_count, (uint32_t)length, hash};
    pool->word_count += length;
    return true;
}

bool wm_pool_put(wm_pool *pool, const void *words, size_t length, uint32_t *number)
{
    const uint32_t *row = words;
    if (2 * (pool->count + 1) > pool->slot_count && !grow(pool))
        return false;
    uint32_t hash = hash_of(row, length);
    size_t at = hash & (pool->slot_count - 1);
    for (; pool->slots[at] != FREE; at = (at + 1) & (pool->slot_count - 1)) {
        const wm_pool_row *known = &pool->rows[pool->slots[at]];
        if (known->hash == hash && known->length == length
            && memcmp(pool->words + known->first, row, length * sizeof *row) == 0) {
            *number = pool->slots[at];
            return true;
        }
    }
    if (!keep(pool, row, length, hash))
        return false;
    *number = pool->slots[at] = (uint32_t)pool->count - 1;
    return true;
}
