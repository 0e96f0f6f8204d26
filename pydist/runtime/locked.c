/* Applications that are locked: sys.executable starts no Python but the helpers of `multiprocessing`.
 *
 * Invariant: what is let through runs functions of that package with values that are written out. */
#include "interpreter.h"

#include <string.h>
#include <wchar.h>

int locked(const struct runtime *runtime)
{
    const char *value = image_setting(&runtime->image, "locked");
    return value && strcmp(value, "1") == 0;
}

/* As multiprocessing writes them; the arguments and `)` follow. */
static const wchar_t *const helpers[] = {
    L"from multiprocessing.spawn import spawn_main; spawn_main(",
    L"from multiprocessing.resource_tracker import main;main(",
    L"from multiprocessing.forkserver import main; main(",
    L"import sys; from multiprocessing.forkserver import main; main(",
};

/* The end of the string that begins at `text`, or NULL. */
static const wchar_t *skip_string(const wchar_t *text)
{
    wchar_t quote = *text++;
    for (; *text && *text != quote; text++)
        if (*text == L'\\' && !*++text)
            return NULL;
    return *text ? text : NULL;
}

/* Whether `text` is arguments and the closing bracket: no call, no further statement and no string that is evaluated. */
static int is_arguments(const wchar_t *text)
{
    static const wchar_t allowed[] = L"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_=,:.*[]{}- ";
    for (wchar_t before = 0; text && *text; before = *text++) {
        if (*text == L')')
            return wcscmp(text + 1, L"\n") == 0 || !text[1];
        if (*text != L'\'' && *text != L'"' && !wcschr(allowed, *text))
            return 0;
        if (*text == L'\'' || *text == L'"') {
            if (before && !wcschr(L"=,:*[{ ", before))
                return 0;
            text = skip_string(text);
            if (!text)
                return 0;
        }
    }
    return 0;
}

static int is_helper(const wchar_t *command)
{
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
        if (wcsncmp(command, helpers[i], wcslen(helpers[i])) == 0)
            return is_arguments(command + wcslen(helpers[i]));
    return 0;
}

int locked_allows(const PyConfig *config)
{
    return config->run_command && !config->run_module && !config->run_filename && config->inspect <= 0 &&
           is_helper(config->run_command);
}
