// SPDX-License-Identifier: BSL-1.0
//
// What two units pass each other, so that a link-time optimiser has both units' idea of every type
// before it.
#ifndef AROMA_TESTS_EVERY_TYPE_HPP
#define AROMA_TESTS_EVERY_TYPE_HPP

#include <aroma/aroma.hpp>
#include <aroma/decide/distance.hpp>
#include <aroma/decide/evidence.hpp>
#include <aroma/decide/likelihood.hpp>
#include <aroma/decide/policy.hpp>
#include <aroma/decide/sequential_test.hpp>
#include <aroma/linux/sock_diag.hpp>
#include <aroma/operate/accused_share.hpp>
#include <aroma/operate/baseline.hpp>
#include <aroma/operate/calibration.hpp>
#include <aroma/operate/prometheus.hpp>
#include <aroma/operate/threshold_file.hpp>
#include <aroma/operate/threshold_table.hpp>

struct EveryType {
    aroma::AccusedShare accused_share;
    aroma::Assessment assessment;
    aroma::Calibration calibration;
    aroma::ConnectionHistory connection;
    aroma::DiagConnection diag_connection;
    aroma::DiagFilter diag_filter;
    aroma::Evidence evidence{aroma::Probability{}};
    aroma::Kilometres kilometres;
    aroma::Policy<2> policy;
    aroma::PrometheusOptions prometheus_options;
    aroma::ScoreLikelihood<> likelihood;
    aroma::Segment segment;
    aroma::SequentialTest sequential_test;
    aroma::TcpInfo tcp_info;
    aroma::ThresholdTable<2> threshold_table;
};

unsigned long size_in_another_unit(EveryType const& every);

#endif // AROMA_TESTS_EVERY_TYPE_HPP
