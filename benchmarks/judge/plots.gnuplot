# SPDX-License-Identifier: BSL-1.0
#
# The judge's plots, from what `aroma-judge --data` wrote: gnuplot -e "data = 'DIR'; out = 'DIR'" plots.gnuplot
# Each stands on a light panel of its own, so that it is read on a light page and on a dark one alike.

set encoding utf8
set border 3 lc rgb "#444444"
set tics nomirror tc rgb "#222222" scale 0.6
set key tc rgb "#222222"
set grid lc rgb "#dddddd" lt 1 lw 0.6
blue = "#0072b2"; red = "#c8410b"; green = "#00805c"; purple = "#a0468c"; orange = "#c98a00"; sky = "#3a9bd9"; grey = "#666666"; black = "#1a1a1a"
panel = "#f8f8f6"

# ROC.
set terminal svg size 860,470 font "sans-serif,14" background panel
set output out."/roc.svg"
least = 0.0001
set logscale x
set xrange [least:1]
set yrange [0:1]
set format x ""
set xtics ("0.01 %%" 0.0001, "0.1 %%" 0.001, "1 %%" 0.01, "10 %%" 0.1, "100 %%" 1)
set ytics ("0" 0, "20 %%" 0.2, "40 %%" 0.4, "60 %%" 0.6, "80 %%" 0.8, "100 %%" 1)
set xlabel "direct connections accused (the left edge is 0.01 % and less)" tc rgb "#222222"
set ylabel "proxied connections seen, client leg from 15 ms" tc rgb "#222222"
set key title "mark: its own threshold" left
set key outside right center Left reverse samplen 4 spacing 1.4 width -2
at_least(x) = x < least ? least : x
curve(rule) = sprintf("%s/roc_%s.dat", data, rule)
own(rule) = sprintf("< grep '^%s ' %s/roc_own.dat", rule, data)
rules = "connection_history reply opening min_over_smoothed badpass first_four_packets calculatency tls_over_tcp pingly rttgap"
titles = "'connection\\_history' 'reply (TLS)' 'opening' 'min\\_over\\_smoothed' 'badpass' 'first\\_four\\_packets' 'calculatency' 'tls\\_over\\_tcp' 'pingly' 'rttgap'"
array colours[10] = [blue, sky, green, red, purple, orange, black, grey, sky, red]
array dashes[10] = [1, 1, 1, 1, 2, 2, 2, 3, 3, 3]
array widths[10] = [4, 2, 2, 2, 2, 2, 2, 2, 2, 2]
array points[10] = [7, 5, 9, 11, 6, 4, 8, 10, 12, 13]
plot for [i = 1:10] curve(word(rules, i)) using (at_least($1)):2 with steps lc rgb colours[i] lw widths[i] dt dashes[i] notitle, \
     for [i = 1:10] own(word(rules, i)) using (at_least($4)):5 with points lc rgb colours[i] pt points[i] ps 1 notitle, \
     for [i = 1:10] keyentry with linespoints lc rgb colours[i] lw widths[i] dt dashes[i] pt points[i] ps 1 title word(titles, i)

# Score against the client leg, a panel a method, over the bands.
reset
set border 3 lc rgb "#444444"
set terminal svg size 860,600 font "sans-serif,13" background panel
set output out."/score_by_leg.svg"
set tics nomirror tc rgb "#222222" scale 0.6
unset key
set logscale x
stats data."/score_connection_history.dat" using 1 name "leg" nooutput
set xrange [leg_min:leg_max]
set yrange [0:1]
set xtics (1, 2, 5, 10, 20, 40, 100, 200, 400)
set ytics 0, 0.2
array rule[6] = ["min_over_smoothed", "opening_ratio", "reply_ratio", "connection_history", "opening", "reply"]
array title[6] = ["TCP\'s ratio: min / smoothed", "opening: TCP / application", "reply (TLS): TCP / application", "connection_history: all exchanges", "opening: R / (R + excess)", "reply (TLS): R / (R + excess)"]
set object 1 rectangle from graph 0, first 0.7 to graph 1, first 1 fc rgb "#e3efe6" fs solid noborder behind
set object 2 rectangle from graph 0, first 0.3 to graph 1, first 0.7 fc rgb "#f3f1dd" fs solid noborder behind
set object 3 rectangle from graph 0, first 0.1 to graph 1, first 0.3 fc rgb "#f6e4d3" fs solid noborder behind
set object 4 rectangle from graph 0, first 0 to graph 1, first 0.1 fc rgb "#f3d3cf" fs solid noborder behind
set multiplot layout 2,3 margins 0.065, 0.905, 0.10, 0.95 spacing 0.03, 0.115
do for [i = 1:6] {
    set title title[i] tc rgb "#1a1a1a" offset 0,-0.6
    set xlabel (i == 5 ? "client leg, ms (line: median; area: from 10 % to 90 % of the connections)" : "") tc rgb "#222222" offset 0,0.3
    set ylabel (i % 3 == 1 ? "score" : "") tc rgb "#222222" offset 1,0
    set format y (i % 3 == 1 ? "%.1f" : "")
    unset label
    unset arrow
    if (i % 3 == 0) {
        set label "normal" at graph 1.03, first 0.85 tc rgb "#3d6b4a"
        set label "unstable" at graph 1.03, first 0.5 tc rgb "#6d6420"
        set label "suspicious" at graph 1.03, first 0.2 tc rgb "#8a5a1e"
        set label "proxy" at graph 1.03, first 0.05 tc rgb "#9c3527"
    }
    if (i == 1) {
        set arrow from 40, 0 to 40, 1 nohead lc rgb "#1a1a1a" dt 2
        set label "beyond 40 ms Linux\nacknowledges at once" at 36, 0.93 right tc rgb "#1a1a1a" font ",11"
    }
    file = sprintf("%s/score_%s.dat", data, rule[i])
    if (system("grep -c '^[0-9]' '".file."'") + 0 == 0) { plot 1/0; continue }
    plot file using 1:2:4 with filledcurves fc rgb blue fs transparent solid 0.25 noborder, \
         file using 1:3 with linespoints lc rgb blue lw 2.5 pt 7 ps 0.6
}
unset multiplot

# The lowest excess, direct against proxied: a scale that shows both ends of a distribution.
reset
set border 3 lc rgb "#444444"
set terminal svg size 860,470 font "sans-serif,14" background panel
set output out."/distributions.svg"
set tics nomirror tc rgb "#222222" scale 0.6
set grid lc rgb "#dddddd" lt 1 lw 0.6
set logscale x
set xrange [0.1:500]
set xtics ("0.1 and less" 0.1, "1" 1, "2.4" 2.38, "5" 5, "13" 12.96, "50" 50, "200" 200)
set yrange [0.0005:0.9997]
set nonlinear y via invnorm(y) inverse norm(y)
set ytics ("0.1 %%" 0.001, "1 %%" 0.01, "10 %%" 0.1, "50 %%" 0.5, "90 %%" 0.9, "99 %%" 0.99, "99.9 %%" 0.999)
set xlabel "lowest excess of a connection, ms" tc rgb "#222222"
set ylabel "connections with at most this excess" tc rgb "#222222"
set key outside right center Left reverse samplen 4 spacing 1.4 tc rgb "#222222"
do for [edge in "2.38 12.96 50"] { set arrow from edge, graph 0 to edge, graph 1 nohead lc rgb "#888888" dt 3 lw 1.5 }
set label "normal" at 0.5, graph 1.03 center tc rgb "#3d6b4a"
set label "unstable" at 5.6, graph 1.03 center tc rgb "#6d6420"
set label "suspicious" at 25.5, graph 1.03 center tc rgb "#8a5a1e"
set label "proxy" at 160, graph 1.03 center tc rgb "#9c3527"
groups = "direct leg_0 leg_15 leg_30 leg_60"
names = "'direct' 'leg below 15 ms' 'leg 15 to 30 ms' 'leg 30 to 60 ms' 'leg from 60 ms'"
array colour[5] = [green, grey, orange, red, purple]
array dash[5] = [1, 3, 2, 4, 1]
plot for [i = 1:5] sprintf("%s/excess_%s.dat", data, word(groups, i)) using ($1 < 0.1 ? 0.1 : $1):($2 < 1 ? $2 : NaN) \
    with steps lc rgb colour[i] lw (i == 1 ? 4 : 2.5) dt dash[i] title word(names, i)
