/* Where systems keep what programs expect of them: certificates, time zones, and what terminals can do. Where there are
 * none, and where they are elsewhere, there is what the image brings (pydist/link/places.py).
 *
 * Invariant: what a system has where it is looked for is what is used. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "virtual.h"

/* What was looked for, and what is taken instead, in this order; relative paths lead into the image. OpenSSL is built
 * with one folder, and systems have several: Debian and Alpine, Fedora, its older releases, SUSE. ncurses is built with
 * several, of which this one is the last but in some distributions of others. */
static const struct {
    const char *asked, *instead;
} places[] = {
    {"/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt"},
    {"/etc/ssl/cert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"},
    {"/etc/ssl/cert.pem", "/etc/pki/tls/certs/ca-bundle.crt"},
    {"/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"},
    {"/etc/ssl/cert.pem", "share/ssl/cert.pem"},
    {"/usr/share/zoneinfo", "share/zoneinfo"},
    {"/usr/share/terminfo", "/usr/lib/terminfo"},
    {"/usr/share/terminfo", "/lib/terminfo"},
    {"/usr/share/terminfo", "share/terminfo"},
};

const char *virtual_instead(const char *path, char *buffer, size_t size)
{
    for (size_t at = 0; path && at < sizeof places / sizeof *places; at++) {
        size_t asked = strlen(places[at].asked);
        if (strncmp(path, places[at].asked, asked) || (path[asked] && path[asked] != '/'))
            continue;
        if (virtual_reaches(places[at].instead, path + asked, buffer, size))
            return buffer;
    }
    return NULL;
}
