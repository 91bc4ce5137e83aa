# SPDX-License-Identifier: BSL-1.0
#
# Sourced beside lab.sh: access networks as aroma-link's options, client first: delays, jitter and
# tails are one way, numbers with a colon up:down.
#
#     profile_link NAME      sets profile_options=(LINK-OPTION...) and profile_rtt, the lowest RTT
#                            in ms; returns 1 where there is none such
#     profile_names=(...)
#
# fibre, dsl, lte   rate and RTT of WebPageTest's FIOS, DSL and LTE
# (settings/connectivity.ini.sample); their jitter is our guess wifi              behind fibre:
# log-normal, 27 ms in the median and 93 ms at 90 % for both ways together. Of the TCP packets of a
# campus
#                   with 47 access points half waited more than 20 ms for this hop, a tenth more
#                   than 100 (Pei et al., INFOCOM 2016)
# starlink          RTT 20 ms at the lowest, 50 ms in the median, 40 to 60 ms the middle half (APNIC
# blog, November 2022: a terminal
#                   in Belgium against RIPE Atlas anchors)
# satellite         geostationary: four times 35,786 km at the speed of light are 477 ms, ground
# segment and access schedule the
#                   rest of some 600 ms
profile_names=(fibre dsl wifi lte starlink satellite)

profile_link() {
    case $1 in
    fibre) profile_options=(--delay 2 --jitter 0.5 --rate 5:20 --queue 50) profile_rtt=4 ;;
    dsl) profile_options=(--delay 25 --jitter 2 --rate 0.384:1.5 --queue 200) profile_rtt=50 ;;
    wifi) profile_options=(--delay 2 --tail 10 --loss 0.5 --rate 5:20 --queue 100) profile_rtt=4 ;;
    lte) profile_options=(--delay 35 --jitter 15 --rate 12 --queue 200) profile_rtt=70 ;;
    starlink) profile_options=(--delay 10 --jitter 30 --loss 0.5 --rate 10:100 --queue 100) \
        profile_rtt=20 ;;
    satellite) profile_options=(--delay 270 --jitter 30 --loss 0.5 --rate 3:25 --queue 300) \
        profile_rtt=540 ;;
    *) return 1 ;;
    esac
}
