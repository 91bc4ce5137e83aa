// SPDX-License-Identifier: BSL-1.0
//
// Latitude first; some databases and formats (GeoJSON) have it the other way.

#include <aroma/decide/distance.hpp>

#ifdef AROMA_EXPECT_FAIL
aroma::Position tokyo{aroma::Longitude{139.69}, aroma::Latitude{35.68}};
#else
aroma::Position tokyo{aroma::Latitude{35.68}, aroma::Longitude{139.69}};
#endif
