/* SPDX-License-Identifier: BSD-3-Clause */
/* The place of every field in the specification's records, written by hand from its figures: a field that moves does
 * not compile. */
#include <stddef.h>

#include <upnvme/spec/cqe.h>
#include <upnvme/spec/data_ptr.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/identify_ctrlr.h>
#include <upnvme/spec/identify_list.h>
#include <upnvme/spec/identify_ns.h>
#include <upnvme/spec/identify_nvm.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/nvm_command.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/reservation.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/uint128.h>

#define RECORD_BYTES(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type " is " #bytes " bytes")
#define AT(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field " is at " #offset)

/* cqe.h */
RECORD_BYTES(upnvme_spec_cqe, UPNVME_SPEC_CQE_BYTES);
AT(upnvme_spec_cqe, dw0, 0);
AT(upnvme_spec_cqe, dw1, 4);
AT(upnvme_spec_cqe, sqhd, 8);
AT(upnvme_spec_cqe, sqid, 10);
AT(upnvme_spec_cqe, cid, 12);
AT(upnvme_spec_cqe, status, 14);

/* data_ptr.h */
RECORD_BYTES(upnvme_spec_sgl_desc, 16);
AT(upnvme_spec_sgl_desc, address, 0);
AT(upnvme_spec_sgl_desc, length, 8);
AT(upnvme_spec_sgl_desc, id, 15);
RECORD_BYTES(upnvme_spec_sgl_keyed_desc, 16);
AT(upnvme_spec_sgl_keyed_desc, address, 0);
AT(upnvme_spec_sgl_keyed_desc, length, 8);
AT(upnvme_spec_sgl_keyed_desc, key, 11);
AT(upnvme_spec_sgl_keyed_desc, id, 15);

/* feature.h */
RECORD_BYTES(upnvme_spec_host_memory_desc, 16);
AT(upnvme_spec_host_memory_desc, badd, 0);
AT(upnvme_spec_host_memory_desc, bsize, 8);
RECORD_BYTES(upnvme_spec_timestamp, 8);
AT(upnvme_spec_timestamp, timestamp, 0);
AT(upnvme_spec_timestamp, attributes, 6);
RECORD_BYTES(upnvme_spec_host_behavior, 512);
AT(upnvme_spec_host_behavior, acre, 0);
AT(upnvme_spec_host_behavior, etdas, 1);
AT(upnvme_spec_host_behavior, lbafee, 2);
RECORD_BYTES(upnvme_spec_lba_range_type, 64);
AT(upnvme_spec_lba_range_type, type, 0);
AT(upnvme_spec_lba_range_type, attributes, 1);
AT(upnvme_spec_lba_range_type, slba, 16);
AT(upnvme_spec_lba_range_type, nlb, 24);
AT(upnvme_spec_lba_range_type, guid, 32);

/* identify_ctrlr.h */
RECORD_BYTES(upnvme_spec_id_psd, 32);
AT(upnvme_spec_id_psd, mp, 0);
AT(upnvme_spec_id_psd, flags, 3);
AT(upnvme_spec_id_psd, enlat, 4);
AT(upnvme_spec_id_psd, exlat, 8);
AT(upnvme_spec_id_psd, rrt, 12);
AT(upnvme_spec_id_psd, rrl, 13);
AT(upnvme_spec_id_psd, rwt, 14);
AT(upnvme_spec_id_psd, rwl, 15);
AT(upnvme_spec_id_psd, idlp, 16);
AT(upnvme_spec_id_psd, ips, 18);
AT(upnvme_spec_id_psd, actp, 20);
AT(upnvme_spec_id_psd, apws, 22);
RECORD_BYTES(upnvme_spec_id_ctrl, 4096);
AT(upnvme_spec_id_ctrl, vid, 0);
AT(upnvme_spec_id_ctrl, ssvid, 2);
AT(upnvme_spec_id_ctrl, sn, 4);
AT(upnvme_spec_id_ctrl, mn, 24);
AT(upnvme_spec_id_ctrl, fr, 64);
AT(upnvme_spec_id_ctrl, rab, 72);
AT(upnvme_spec_id_ctrl, ieee, 73);
AT(upnvme_spec_id_ctrl, cmic, 76);
AT(upnvme_spec_id_ctrl, mdts, 77);
AT(upnvme_spec_id_ctrl, cntlid, 78);
AT(upnvme_spec_id_ctrl, ver, 80);
AT(upnvme_spec_id_ctrl, rtd3r, 84);
AT(upnvme_spec_id_ctrl, rtd3e, 88);
AT(upnvme_spec_id_ctrl, oaes, 92);
AT(upnvme_spec_id_ctrl, ctratt, 96);
AT(upnvme_spec_id_ctrl, rrls, 100);
AT(upnvme_spec_id_ctrl, cntrltype, 111);
AT(upnvme_spec_id_ctrl, fguid, 112);
AT(upnvme_spec_id_ctrl, crdt1, 128);
AT(upnvme_spec_id_ctrl, crdt2, 130);
AT(upnvme_spec_id_ctrl, crdt3, 132);
AT(upnvme_spec_id_ctrl, rsvd240, 240);
AT(upnvme_spec_id_ctrl, nvmsr, 253);
AT(upnvme_spec_id_ctrl, vwci, 254);
AT(upnvme_spec_id_ctrl, mec, 255);
AT(upnvme_spec_id_ctrl, oacs, 256);
AT(upnvme_spec_id_ctrl, acl, 258);
AT(upnvme_spec_id_ctrl, aerl, 259);
AT(upnvme_spec_id_ctrl, frmw, 260);
AT(upnvme_spec_id_ctrl, lpa, 261);
AT(upnvme_spec_id_ctrl, elpe, 262);
AT(upnvme_spec_id_ctrl, npss, 263);
AT(upnvme_spec_id_ctrl, avscc, 264);
AT(upnvme_spec_id_ctrl, apsta, 265);
AT(upnvme_spec_id_ctrl, wctemp, 266);
AT(upnvme_spec_id_ctrl, cctemp, 268);
AT(upnvme_spec_id_ctrl, mtfa, 270);
AT(upnvme_spec_id_ctrl, hmpre, 272);
AT(upnvme_spec_id_ctrl, hmmin, 276);
AT(upnvme_spec_id_ctrl, tnvmcap, 280);
AT(upnvme_spec_id_ctrl, unvmcap, 296);
AT(upnvme_spec_id_ctrl, rpmbs, 312);
AT(upnvme_spec_id_ctrl, edstt, 316);
AT(upnvme_spec_id_ctrl, dsto, 318);
AT(upnvme_spec_id_ctrl, fwug, 319);
AT(upnvme_spec_id_ctrl, kas, 320);
AT(upnvme_spec_id_ctrl, hctma, 322);
AT(upnvme_spec_id_ctrl, mntmt, 324);
AT(upnvme_spec_id_ctrl, mxtmt, 326);
AT(upnvme_spec_id_ctrl, sanicap, 328);
AT(upnvme_spec_id_ctrl, hmminds, 332);
AT(upnvme_spec_id_ctrl, hmmaxd, 336);
AT(upnvme_spec_id_ctrl, nsetidmax, 338);
AT(upnvme_spec_id_ctrl, endgidmax, 340);
AT(upnvme_spec_id_ctrl, anatt, 342);
AT(upnvme_spec_id_ctrl, anacap, 343);
AT(upnvme_spec_id_ctrl, anagrpmax, 344);
AT(upnvme_spec_id_ctrl, nanagrpid, 348);
AT(upnvme_spec_id_ctrl, pels, 352);
AT(upnvme_spec_id_ctrl, domainid, 356);
AT(upnvme_spec_id_ctrl, megcap, 368);
AT(upnvme_spec_id_ctrl, sqes, 512);
AT(upnvme_spec_id_ctrl, cqes, 513);
AT(upnvme_spec_id_ctrl, maxcmd, 514);
AT(upnvme_spec_id_ctrl, nn, 516);
AT(upnvme_spec_id_ctrl, oncs, 520);
AT(upnvme_spec_id_ctrl, fuses, 522);
AT(upnvme_spec_id_ctrl, fna, 524);
AT(upnvme_spec_id_ctrl, vwc, 525);
AT(upnvme_spec_id_ctrl, awun, 526);
AT(upnvme_spec_id_ctrl, awupf, 528);
AT(upnvme_spec_id_ctrl, icsvscc, 530);
AT(upnvme_spec_id_ctrl, nwpc, 531);
AT(upnvme_spec_id_ctrl, acwu, 532);
AT(upnvme_spec_id_ctrl, ocfs, 534);
AT(upnvme_spec_id_ctrl, sgls, 536);
AT(upnvme_spec_id_ctrl, mnan, 540);
AT(upnvme_spec_id_ctrl, maxdna, 544);
AT(upnvme_spec_id_ctrl, maxcna, 560);
AT(upnvme_spec_id_ctrl, subnqn, 768);
AT(upnvme_spec_id_ctrl, ioccsz, 1792);
AT(upnvme_spec_id_ctrl, iorcsz, 1796);
AT(upnvme_spec_id_ctrl, icdoff, 1800);
AT(upnvme_spec_id_ctrl, fcatt, 1802);
AT(upnvme_spec_id_ctrl, msdbd, 1803);
AT(upnvme_spec_id_ctrl, ofcs, 1804);
AT(upnvme_spec_id_ctrl, psd, 2048);
AT(upnvme_spec_id_ctrl, vs, 3072);

/* identify_list.h */
RECORD_BYTES(upnvme_spec_ns_list, 4096);
AT(upnvme_spec_ns_list, nsid, 0);
RECORD_BYTES(upnvme_spec_ctrlr_list, 4096);
AT(upnvme_spec_ctrlr_list, nids, 0);
AT(upnvme_spec_ctrlr_list, cntlid, 2);
RECORD_BYTES(upnvme_spec_ns_id_desc, 4);
AT(upnvme_spec_ns_id_desc, nidt, 0);
AT(upnvme_spec_ns_id_desc, nidl, 1);
RECORD_BYTES(upnvme_spec_iocs_list, 4096);
AT(upnvme_spec_iocs_list, vector, 0);

/* identify_ns.h */
RECORD_BYTES(upnvme_spec_lbaf, 4);
AT(upnvme_spec_lbaf, ms, 0);
AT(upnvme_spec_lbaf, lbads, 2);
AT(upnvme_spec_lbaf, rp, 3);
RECORD_BYTES(upnvme_spec_id_ns, 4096);
AT(upnvme_spec_id_ns, nsze, 0);
AT(upnvme_spec_id_ns, ncap, 8);
AT(upnvme_spec_id_ns, nuse, 16);
AT(upnvme_spec_id_ns, nsfeat, 24);
AT(upnvme_spec_id_ns, nlbaf, 25);
AT(upnvme_spec_id_ns, flbas, 26);
AT(upnvme_spec_id_ns, mc, 27);
AT(upnvme_spec_id_ns, dpc, 28);
AT(upnvme_spec_id_ns, dps, 29);
AT(upnvme_spec_id_ns, nmic, 30);
AT(upnvme_spec_id_ns, rescap, 31);
AT(upnvme_spec_id_ns, fpi, 32);
AT(upnvme_spec_id_ns, dlfeat, 33);
AT(upnvme_spec_id_ns, nawun, 34);
AT(upnvme_spec_id_ns, nawupf, 36);
AT(upnvme_spec_id_ns, nacwu, 38);
AT(upnvme_spec_id_ns, nabsn, 40);
AT(upnvme_spec_id_ns, nabo, 42);
AT(upnvme_spec_id_ns, nabspf, 44);
AT(upnvme_spec_id_ns, noiob, 46);
AT(upnvme_spec_id_ns, nvmcap, 48);
AT(upnvme_spec_id_ns, npwg, 64);
AT(upnvme_spec_id_ns, npwa, 66);
AT(upnvme_spec_id_ns, npdg, 68);
AT(upnvme_spec_id_ns, npda, 70);
AT(upnvme_spec_id_ns, nows, 72);
AT(upnvme_spec_id_ns, mssrl, 74);
AT(upnvme_spec_id_ns, mcl, 76);
AT(upnvme_spec_id_ns, msrc, 80);
AT(upnvme_spec_id_ns, anagrpid, 92);
AT(upnvme_spec_id_ns, nsattr, 99);
AT(upnvme_spec_id_ns, nvmsetid, 100);
AT(upnvme_spec_id_ns, endgid, 102);
AT(upnvme_spec_id_ns, nguid, 104);
AT(upnvme_spec_id_ns, eui64, 120);
AT(upnvme_spec_id_ns, lbaf, 128);
AT(upnvme_spec_id_ns, vs, 384);
RECORD_BYTES(upnvme_spec_id_ns_indep, 4096);
AT(upnvme_spec_id_ns_indep, nsfeat, 0);
AT(upnvme_spec_id_ns_indep, nmic, 1);
AT(upnvme_spec_id_ns_indep, rescap, 2);
AT(upnvme_spec_id_ns_indep, fpi, 3);
AT(upnvme_spec_id_ns_indep, anagrpid, 4);
AT(upnvme_spec_id_ns_indep, nsattr, 8);
AT(upnvme_spec_id_ns_indep, nvmsetid, 10);
AT(upnvme_spec_id_ns_indep, endgid, 12);
AT(upnvme_spec_id_ns_indep, nstat, 14);

/* identify_nvm.h */
RECORD_BYTES(upnvme_spec_id_ns_nvm, 4096);
AT(upnvme_spec_id_ns_nvm, lbstm, 0);
AT(upnvme_spec_id_ns_nvm, pic, 8);
AT(upnvme_spec_id_ns_nvm, elbaf, 12);
AT(upnvme_spec_id_ns_nvm, rsvd268, 268);
RECORD_BYTES(upnvme_spec_id_ctrl_nvm, 4096);
AT(upnvme_spec_id_ctrl_nvm, vsl, 0);
AT(upnvme_spec_id_ctrl_nvm, wzsl, 1);
AT(upnvme_spec_id_ctrl_nvm, wusl, 2);
AT(upnvme_spec_id_ctrl_nvm, dmrl, 3);
AT(upnvme_spec_id_ctrl_nvm, dmrsl, 4);
AT(upnvme_spec_id_ctrl_nvm, dmsl, 8);

/* uint128.h */
RECORD_BYTES(upnvme_spec_uint128, 16);
AT(upnvme_spec_uint128, lo, 0);
AT(upnvme_spec_uint128, hi, 8);

/* log_page.h */
RECORD_BYTES(upnvme_spec_supported_log_pages, 1024);
AT(upnvme_spec_supported_log_pages, lid, 0);
RECORD_BYTES(upnvme_spec_error_log_entry, 64);
AT(upnvme_spec_error_log_entry, error_count, 0);
AT(upnvme_spec_error_log_entry, sqid, 8);
AT(upnvme_spec_error_log_entry, cid, 10);
AT(upnvme_spec_error_log_entry, status, 12);
AT(upnvme_spec_error_log_entry, parameter_location, 14);
AT(upnvme_spec_error_log_entry, lba, 16);
AT(upnvme_spec_error_log_entry, nsid, 24);
AT(upnvme_spec_error_log_entry, vendor_log_page, 28);
AT(upnvme_spec_error_log_entry, trtype, 29);
AT(upnvme_spec_error_log_entry, command_specific, 32);
AT(upnvme_spec_error_log_entry, transport_specific, 40);
RECORD_BYTES(upnvme_spec_smart_log, 512);
AT(upnvme_spec_smart_log, critical_warning, 0);
AT(upnvme_spec_smart_log, composite_temperature, 1);
AT(upnvme_spec_smart_log, available_spare, 3);
AT(upnvme_spec_smart_log, available_spare_threshold, 4);
AT(upnvme_spec_smart_log, percentage_used, 5);
AT(upnvme_spec_smart_log, endurance_group_warning, 6);
AT(upnvme_spec_smart_log, data_units_read, 32);
AT(upnvme_spec_smart_log, data_units_written, 48);
AT(upnvme_spec_smart_log, host_read_commands, 64);
AT(upnvme_spec_smart_log, host_write_commands, 80);
AT(upnvme_spec_smart_log, controller_busy_time, 96);
AT(upnvme_spec_smart_log, power_cycles, 112);
AT(upnvme_spec_smart_log, power_on_hours, 128);
AT(upnvme_spec_smart_log, unsafe_shutdowns, 144);
AT(upnvme_spec_smart_log, media_errors, 160);
AT(upnvme_spec_smart_log, error_log_entries, 176);
AT(upnvme_spec_smart_log, warning_temperature_time, 192);
AT(upnvme_spec_smart_log, critical_temperature_time, 196);
AT(upnvme_spec_smart_log, temperature_sensor, 200);
AT(upnvme_spec_smart_log, thermal_transitions, 216);
AT(upnvme_spec_smart_log, thermal_time, 224);
RECORD_BYTES(upnvme_spec_firmware_slot_log, 512);
AT(upnvme_spec_firmware_slot_log, afi, 0);
AT(upnvme_spec_firmware_slot_log, frs, 8);
AT(upnvme_spec_firmware_slot_log, rsvd64, 64);
RECORD_BYTES(upnvme_spec_changed_ns_log, 4096);
AT(upnvme_spec_changed_ns_log, nsid, 0);
RECORD_BYTES(upnvme_spec_commands_supported_log, 4096);
AT(upnvme_spec_commands_supported_log, acs, 0);
AT(upnvme_spec_commands_supported_log, iocs, 1024);
AT(upnvme_spec_commands_supported_log, rsvd2048, 2048);
RECORD_BYTES(upnvme_spec_features_supported_log, 1024);
AT(upnvme_spec_features_supported_log, fid, 0);
RECORD_BYTES(upnvme_spec_sanitize_log, 512);
AT(upnvme_spec_sanitize_log, sprog, 0);
AT(upnvme_spec_sanitize_log, sstat, 2);
AT(upnvme_spec_sanitize_log, scdw10, 4);
AT(upnvme_spec_sanitize_log, eto, 8);
AT(upnvme_spec_sanitize_log, etbe, 12);
AT(upnvme_spec_sanitize_log, etce, 16);
AT(upnvme_spec_sanitize_log, etodmm, 20);
AT(upnvme_spec_sanitize_log, etbenmm, 24);
AT(upnvme_spec_sanitize_log, etcenmm, 28);

/* nvm_command.h */
RECORD_BYTES(upnvme_spec_dsm_range, 16);
AT(upnvme_spec_dsm_range, cattr, 0);
AT(upnvme_spec_dsm_range, length, 4);
AT(upnvme_spec_dsm_range, slba, 8);
RECORD_BYTES(upnvme_spec_copy_range_f0, 32);
AT(upnvme_spec_copy_range_f0, slba, 8);
AT(upnvme_spec_copy_range_f0, nlb, 16);
AT(upnvme_spec_copy_range_f0, eilbrt, 24);
AT(upnvme_spec_copy_range_f0, elbat, 28);
AT(upnvme_spec_copy_range_f0, elbatm, 30);
RECORD_BYTES(upnvme_spec_copy_range_f1, 40);
AT(upnvme_spec_copy_range_f1, slba, 8);
AT(upnvme_spec_copy_range_f1, nlb, 16);
AT(upnvme_spec_copy_range_f1, elbst, 26);
AT(upnvme_spec_copy_range_f1, elbat, 36);
AT(upnvme_spec_copy_range_f1, elbatm, 38);

/* regs.h */
AT(upnvme_spec_regs, cap, UPNVME_SPEC_REG_CAP);
AT(upnvme_spec_regs, vs, UPNVME_SPEC_REG_VS);
AT(upnvme_spec_regs, intms, UPNVME_SPEC_REG_INTMS);
AT(upnvme_spec_regs, intmc, UPNVME_SPEC_REG_INTMC);
AT(upnvme_spec_regs, cc, UPNVME_SPEC_REG_CC);
AT(upnvme_spec_regs, csts, UPNVME_SPEC_REG_CSTS);
AT(upnvme_spec_regs, nssr, UPNVME_SPEC_REG_NSSR);
AT(upnvme_spec_regs, aqa, UPNVME_SPEC_REG_AQA);
AT(upnvme_spec_regs, asq, UPNVME_SPEC_REG_ASQ);
AT(upnvme_spec_regs, acq, UPNVME_SPEC_REG_ACQ);
AT(upnvme_spec_regs, cmbloc, UPNVME_SPEC_REG_CMBLOC);
AT(upnvme_spec_regs, cmbsz, UPNVME_SPEC_REG_CMBSZ);
AT(upnvme_spec_regs, bpinfo, UPNVME_SPEC_REG_BPINFO);
AT(upnvme_spec_regs, bprsel, UPNVME_SPEC_REG_BPRSEL);
AT(upnvme_spec_regs, bpmbl, UPNVME_SPEC_REG_BPMBL);
AT(upnvme_spec_regs, cmbmsc, UPNVME_SPEC_REG_CMBMSC);
AT(upnvme_spec_regs, cmbsts, UPNVME_SPEC_REG_CMBSTS);
AT(upnvme_spec_regs, cmbebs, UPNVME_SPEC_REG_CMBEBS);
AT(upnvme_spec_regs, cmbswtp, UPNVME_SPEC_REG_CMBSWTP);
AT(upnvme_spec_regs, nssd, UPNVME_SPEC_REG_NSSD);
AT(upnvme_spec_regs, crto, UPNVME_SPEC_REG_CRTO);
AT(upnvme_spec_regs, pmrcap, UPNVME_SPEC_REG_PMRCAP);
AT(upnvme_spec_regs, pmrctl, UPNVME_SPEC_REG_PMRCTL);
AT(upnvme_spec_regs, pmrsts, UPNVME_SPEC_REG_PMRSTS);
AT(upnvme_spec_regs, pmrebs, UPNVME_SPEC_REG_PMREBS);
AT(upnvme_spec_regs, pmrswtp, UPNVME_SPEC_REG_PMRSWTP);
AT(upnvme_spec_regs, pmrmscl, UPNVME_SPEC_REG_PMRMSCL);
AT(upnvme_spec_regs, pmrmscu, UPNVME_SPEC_REG_PMRMSCU);
RECORD_BYTES(upnvme_spec_regs, UPNVME_SPEC_REG_DOORBELLS);

/* reservation.h */
RECORD_BYTES(upnvme_spec_reservation_keys, 16);
AT(upnvme_spec_reservation_keys, crkey, 0);
AT(upnvme_spec_reservation_keys, key, 8);

/* sqe.h */
RECORD_BYTES(upnvme_spec_sqe, UPNVME_SPEC_SQE_BYTES);
AT(upnvme_spec_sqe, opcode, 0);
AT(upnvme_spec_sqe, flags, 1);
AT(upnvme_spec_sqe, cid, 2);
AT(upnvme_spec_sqe, nsid, 4);
AT(upnvme_spec_sqe, cdw2, 8);
AT(upnvme_spec_sqe, cdw3, 12);
AT(upnvme_spec_sqe, mptr, 16);
AT(upnvme_spec_sqe, prp1, 24);
AT(upnvme_spec_sqe, prp2, 32);
AT(upnvme_spec_sqe, sgl1, 24);
AT(upnvme_spec_sqe, cdw10, 40);
AT(upnvme_spec_sqe, cdw11, 44);
AT(upnvme_spec_sqe, cdw12, 48);
AT(upnvme_spec_sqe, cdw13, 52);
AT(upnvme_spec_sqe, cdw14, 56);
AT(upnvme_spec_sqe, cdw15, 60);
