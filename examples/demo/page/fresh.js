// SPDX-License-Identifier: BSL-1.0
// The token in the address has been used: a reload begins anew.
history.replaceState(null, "", location.pathname === "/info" ? "/info" : "/");
