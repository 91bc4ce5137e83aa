// SPDX-License-Identifier: BSL-1.0
//
// A program whose macros take the names that headers like to use: those of <windows.h>, Qt, X11,
// <complex.h>, <sys/sysmacros.h>, termios, <term.h>, Arduino and of debug builds. X11's Status is
// not among them: detail/names.hpp refuses it.

#include <bit>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <ratio>
#include <type_traits>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#undef major
#undef minor
#undef unix
#undef linux
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define I 42
#define E 2.718
#define major 1
#define minor 2
#define makedev 3
#define signals public
#define slots
#define emit
#define foreach for
#define DEBUG 1
#define ERROR 0
#define IN
#define OUT
#define OPTIONAL
#define interface struct
#define small char
#define near
#define far
#define unix 1
#define linux 1
#define None 0L
#define Success 0
#define Bool int
#define True 1
#define False 0
#define Always 2
#define CursorShape 0
#define TRUE 1
#define FALSE 0
#define BOOL int
#define check(x) x
#define verify(x) x
#define assert(x) (x)
#define B0 0
#define ECHO 8
#define OVERFLOW 3
#define DOMAIN 1
#define log(x) x
#define likely(x) x
#define CONST const
#define VOID void
#define PI 3.14159
#define TextOut TextOut is a macro
#define lines lines is a macro
#define columns columns is a macro
#define timeout(x) x is a macro
#define erase() erase is a macro
#define direct dirent
#define forever for (;;)
#define radians(x) x is a macro
#define bit(x) x is a macro
#define F(x) x is a macro
#define require(x) x

#include "every_header.hpp" // which the build makes

static_assert(aroma::assess(aroma::RttSample{aroma::Microseconds{5}, aroma::Microseconds{50}}).band
              == aroma::Band::suspicious);
static_assert(aroma::Policy<>{}.decide(aroma::Assessment{}, "", aroma::Key{1}).response
              == aroma::Response::allow);
