# SPDX-License-Identifier: BSL-1.0
#
# How cost grows with a host's connections, from what `growth_table.py --data` wrote: gnuplot -e "data = 'FILE'; out = 'FILE'" growth.gnuplot
# On a light panel of its own, so that it is read on a light page and on a dark one alike.

set encoding utf8
set terminal svg size 860,470 font "sans-serif,14" background "#f8f8f6"
set output out
set border 3 lc rgb "#444444"
set tics nomirror tc rgb "#222222" scale 0.6
set grid lc rgb "#dddddd" lt 1 lw 0.6
set logscale xy
set xrange [800:400000]
set format x "%.0s%c"
set xlabel "connections of the host" tc rgb "#222222"
set ylabel "CPU, ms" tc rgb "#222222"
set key outside right center Left reverse samplen 4 spacing 1.4 tc rgb "#222222"
array colour[6] = ["#c8410b", "#00805c", "#0072b2", "#666666", "#c98a00", "#3a9bd9"]
array column[6] = [4, 7, 2, 3, 6, 5]
array title[6] = ["ss -tin", "a refresh of aroma-top", "for\\_each\\_connection()", "the same by hand", "ss, 100 by their port", "100 by their port"]
array dash[6] = [1, 1, 1, 3, 2, 2]
plot for [i = 1:6] data using 1:(column(column[i]) / 1e6) with linespoints lc rgb colour[i] lw 2.5 dt dash[i] pt 7 ps 0.6 title title[i]
