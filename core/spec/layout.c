/* SPDX-License-Identifier: BSD-3-Clause */
/* The place of every field in the specification's records, written by hand from its figures: a field that moves does
 * not compile. */
#include <stddef.h>

#include "spec/cqe.h"
#include "spec/data_ptr.h"
#include "spec/feature.h"
#include "spec/identify_ctrlr.h"
#include "spec/identify_list.h"
#include "spec/identify_ns.h"
#include "spec/identify_nvm.h"
#include "spec/log_page.h"
#include "spec/nvm_command.h"
#include "spec/regs.h"
#include "spec/reservation.h"
#include "spec/sqe.h"
#include "spec/uint128.h"

#define SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), #type " is " #bytes " bytes")
#define AT(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field " is at " #offset)

/* cqe.h */
SIZE(nvme_cqe, NVME_CQE_BYTES);
AT(nvme_cqe, dw0, 0);
AT(nvme_cqe, dw1, 4);
AT(nvme_cqe, sqhd, 8);
AT(nvme_cqe, sqid, 10);
AT(nvme_cqe, cid, 12);
AT(nvme_cqe, status, 14);

/* data_ptr.h */
SIZE(nvme_sgl_desc, 16);
AT(nvme_sgl_desc, address, 0);
AT(nvme_sgl_desc, length, 8);
AT(nvme_sgl_desc, id, 15);
SIZE(nvme_sgl_keyed_desc, 16);
AT(nvme_sgl_keyed_desc, address, 0);
AT(nvme_sgl_keyed_desc, length, 8);
AT(nvme_sgl_keyed_desc, key, 11);
AT(nvme_sgl_keyed_desc, id, 15);

/* feature.h */
SIZE(nvme_host_memory_desc, 16);
AT(nvme_host_memory_desc, badd, 0);
AT(nvme_host_memory_desc, bsize, 8);
SIZE(nvme_timestamp, 8);
AT(nvme_timestamp, timestamp, 0);
AT(nvme_timestamp, attributes, 6);
SIZE(nvme_host_behavior, 512);
AT(nvme_host_behavior, acre, 0);
AT(nvme_host_behavior, etdas, 1);
AT(nvme_host_behavior, lbafee, 2);
SIZE(nvme_lba_range_type, 64);
AT(nvme_lba_range_type, type, 0);
AT(nvme_lba_range_type, attributes, 1);
AT(nvme_lba_range_type, slba, 16);
AT(nvme_lba_range_type, nlb, 24);
AT(nvme_lba_range_type, guid, 32);

/* identify_ctrlr.h */
SIZE(nvme_id_psd, 32);
AT(nvme_id_psd, mp, 0);
AT(nvme_id_psd, flags, 3);
AT(nvme_id_psd, enlat, 4);
AT(nvme_id_psd, exlat, 8);
AT(nvme_id_psd, rrt, 12);
AT(nvme_id_psd, rrl, 13);
AT(nvme_id_psd, rwt, 14);
AT(nvme_id_psd, rwl, 15);
AT(nvme_id_psd, idlp, 16);
AT(nvme_id_psd, ips, 18);
AT(nvme_id_psd, actp, 20);
AT(nvme_id_psd, apws, 22);
SIZE(nvme_id_ctrl, 4096);
AT(nvme_id_ctrl, vid, 0);
AT(nvme_id_ctrl, ssvid, 2);
AT(nvme_id_ctrl, sn, 4);
AT(nvme_id_ctrl, mn, 24);
AT(nvme_id_ctrl, fr, 64);
AT(nvme_id_ctrl, rab, 72);
AT(nvme_id_ctrl, ieee, 73);
AT(nvme_id_ctrl, cmic, 76);
AT(nvme_id_ctrl, mdts, 77);
AT(nvme_id_ctrl, cntlid, 78);
AT(nvme_id_ctrl, ver, 80);
AT(nvme_id_ctrl, rtd3r, 84);
AT(nvme_id_ctrl, rtd3e, 88);
AT(nvme_id_ctrl, oaes, 92);
AT(nvme_id_ctrl, ctratt, 96);
AT(nvme_id_ctrl, rrls, 100);
AT(nvme_id_ctrl, cntrltype, 111);
AT(nvme_id_ctrl, fguid, 112);
AT(nvme_id_ctrl, crdt1, 128);
AT(nvme_id_ctrl, crdt2, 130);
AT(nvme_id_ctrl, crdt3, 132);
AT(nvme_id_ctrl, rsvd240, 240);
AT(nvme_id_ctrl, nvmsr, 253);
AT(nvme_id_ctrl, vwci, 254);
AT(nvme_id_ctrl, mec, 255);
AT(nvme_id_ctrl, oacs, 256);
AT(nvme_id_ctrl, acl, 258);
AT(nvme_id_ctrl, aerl, 259);
AT(nvme_id_ctrl, frmw, 260);
AT(nvme_id_ctrl, lpa, 261);
AT(nvme_id_ctrl, elpe, 262);
AT(nvme_id_ctrl, npss, 263);
AT(nvme_id_ctrl, avscc, 264);
AT(nvme_id_ctrl, apsta, 265);
AT(nvme_id_ctrl, wctemp, 266);
AT(nvme_id_ctrl, cctemp, 268);
AT(nvme_id_ctrl, mtfa, 270);
AT(nvme_id_ctrl, hmpre, 272);
AT(nvme_id_ctrl, hmmin, 276);
AT(nvme_id_ctrl, tnvmcap, 280);
AT(nvme_id_ctrl, unvmcap, 296);
AT(nvme_id_ctrl, rpmbs, 312);
AT(nvme_id_ctrl, edstt, 316);
AT(nvme_id_ctrl, dsto, 318);
AT(nvme_id_ctrl, fwug, 319);
AT(nvme_id_ctrl, kas, 320);
AT(nvme_id_ctrl, hctma, 322);
AT(nvme_id_ctrl, mntmt, 324);
AT(nvme_id_ctrl, mxtmt, 326);
AT(nvme_id_ctrl, sanicap, 328);
AT(nvme_id_ctrl, hmminds, 332);
AT(nvme_id_ctrl, hmmaxd, 336);
AT(nvme_id_ctrl, nsetidmax, 338);
AT(nvme_id_ctrl, endgidmax, 340);
AT(nvme_id_ctrl, anatt, 342);
AT(nvme_id_ctrl, anacap, 343);
AT(nvme_id_ctrl, anagrpmax, 344);
AT(nvme_id_ctrl, nanagrpid, 348);
AT(nvme_id_ctrl, pels, 352);
AT(nvme_id_ctrl, domainid, 356);
AT(nvme_id_ctrl, megcap, 368);
AT(nvme_id_ctrl, sqes, 512);
AT(nvme_id_ctrl, cqes, 513);
AT(nvme_id_ctrl, maxcmd, 514);
AT(nvme_id_ctrl, nn, 516);
AT(nvme_id_ctrl, oncs, 520);
AT(nvme_id_ctrl, fuses, 522);
AT(nvme_id_ctrl, fna, 524);
AT(nvme_id_ctrl, vwc, 525);
AT(nvme_id_ctrl, awun, 526);
AT(nvme_id_ctrl, awupf, 528);
AT(nvme_id_ctrl, icsvscc, 530);
AT(nvme_id_ctrl, nwpc, 531);
AT(nvme_id_ctrl, acwu, 532);
AT(nvme_id_ctrl, cdfs, 534);
AT(nvme_id_ctrl, sgls, 536);
AT(nvme_id_ctrl, mnan, 540);
AT(nvme_id_ctrl, maxdna, 544);
AT(nvme_id_ctrl, maxcna, 560);
AT(nvme_id_ctrl, subnqn, 768);
AT(nvme_id_ctrl, ioccsz, 1792);
AT(nvme_id_ctrl, iorcsz, 1796);
AT(nvme_id_ctrl, icdoff, 1800);
AT(nvme_id_ctrl, fcatt, 1802);
AT(nvme_id_ctrl, msdbd, 1803);
AT(nvme_id_ctrl, ofcs, 1804);
AT(nvme_id_ctrl, psd, 2048);
AT(nvme_id_ctrl, vs, 3072);

/* identify_list.h */
SIZE(nvme_ns_list, 4096);
AT(nvme_ns_list, nsid, 0);
SIZE(nvme_ctrlr_list, 4096);
AT(nvme_ctrlr_list, nids, 0);
AT(nvme_ctrlr_list, cntlid, 2);
SIZE(nvme_ns_id_desc, 4);
AT(nvme_ns_id_desc, nidt, 0);
AT(nvme_ns_id_desc, nidl, 1);
SIZE(nvme_iocs_list, 4096);
AT(nvme_iocs_list, vector, 0);

/* identify_ns.h */
SIZE(nvme_lbaf, 4);
AT(nvme_lbaf, ms, 0);
AT(nvme_lbaf, lbads, 2);
AT(nvme_lbaf, rp, 3);
SIZE(nvme_id_ns, 4096);
AT(nvme_id_ns, nsze, 0);
AT(nvme_id_ns, ncap, 8);
AT(nvme_id_ns, nuse, 16);
AT(nvme_id_ns, nsfeat, 24);
AT(nvme_id_ns, nlbaf, 25);
AT(nvme_id_ns, flbas, 26);
AT(nvme_id_ns, mc, 27);
AT(nvme_id_ns, dpc, 28);
AT(nvme_id_ns, dps, 29);
AT(nvme_id_ns, nmic, 30);
AT(nvme_id_ns, rescap, 31);
AT(nvme_id_ns, fpi, 32);
AT(nvme_id_ns, dlfeat, 33);
AT(nvme_id_ns, nawun, 34);
AT(nvme_id_ns, nawupf, 36);
AT(nvme_id_ns, nacwu, 38);
AT(nvme_id_ns, nabsn, 40);
AT(nvme_id_ns, nabo, 42);
AT(nvme_id_ns, nabspf, 44);
AT(nvme_id_ns, noiob, 46);
AT(nvme_id_ns, nvmcap, 48);
AT(nvme_id_ns, npwg, 64);
AT(nvme_id_ns, npwa, 66);
AT(nvme_id_ns, npdg, 68);
AT(nvme_id_ns, npda, 70);
AT(nvme_id_ns, nows, 72);
AT(nvme_id_ns, mssrl, 74);
AT(nvme_id_ns, mcl, 76);
AT(nvme_id_ns, msrc, 80);
AT(nvme_id_ns, anagrpid, 92);
AT(nvme_id_ns, nsattr, 99);
AT(nvme_id_ns, nvmsetid, 100);
AT(nvme_id_ns, endgid, 102);
AT(nvme_id_ns, nguid, 104);
AT(nvme_id_ns, eui64, 120);
AT(nvme_id_ns, lbaf, 128);
AT(nvme_id_ns, vs, 384);
SIZE(nvme_id_ns_indep, 4096);
AT(nvme_id_ns_indep, nsfeat, 0);
AT(nvme_id_ns_indep, nmic, 1);
AT(nvme_id_ns_indep, rescap, 2);
AT(nvme_id_ns_indep, fpi, 3);
AT(nvme_id_ns_indep, anagrpid, 4);
AT(nvme_id_ns_indep, nsattr, 8);
AT(nvme_id_ns_indep, nvmsetid, 10);
AT(nvme_id_ns_indep, endgid, 12);
AT(nvme_id_ns_indep, nstat, 14);

/* identify_nvm.h */
SIZE(nvme_id_ns_nvm, 4096);
AT(nvme_id_ns_nvm, lbstm, 0);
AT(nvme_id_ns_nvm, pic, 8);
AT(nvme_id_ns_nvm, elbaf, 12);
AT(nvme_id_ns_nvm, rsvd268, 268);
SIZE(nvme_id_ctrl_nvm, 4096);
AT(nvme_id_ctrl_nvm, vsl, 0);
AT(nvme_id_ctrl_nvm, wzsl, 1);
AT(nvme_id_ctrl_nvm, wusl, 2);
AT(nvme_id_ctrl_nvm, dmrl, 3);
AT(nvme_id_ctrl_nvm, dmrsl, 4);
AT(nvme_id_ctrl_nvm, dmsl, 8);

/* uint128.h */
SIZE(nvme_uint128, 16);
AT(nvme_uint128, lo, 0);
AT(nvme_uint128, hi, 8);

/* log_page.h */
SIZE(nvme_supported_log_pages, 1024);
AT(nvme_supported_log_pages, lid, 0);
SIZE(nvme_error_log_entry, 64);
AT(nvme_error_log_entry, error_count, 0);
AT(nvme_error_log_entry, sqid, 8);
AT(nvme_error_log_entry, cid, 10);
AT(nvme_error_log_entry, status, 12);
AT(nvme_error_log_entry, parameter_location, 14);
AT(nvme_error_log_entry, lba, 16);
AT(nvme_error_log_entry, nsid, 24);
AT(nvme_error_log_entry, vendor_log_page, 28);
AT(nvme_error_log_entry, trtype, 29);
AT(nvme_error_log_entry, command_specific, 32);
AT(nvme_error_log_entry, transport_specific, 40);
SIZE(nvme_smart_log, 512);
AT(nvme_smart_log, critical_warning, 0);
AT(nvme_smart_log, composite_temperature, 1);
AT(nvme_smart_log, available_spare, 3);
AT(nvme_smart_log, available_spare_threshold, 4);
AT(nvme_smart_log, percentage_used, 5);
AT(nvme_smart_log, endurance_group_warning, 6);
AT(nvme_smart_log, data_units_read, 32);
AT(nvme_smart_log, data_units_written, 48);
AT(nvme_smart_log, host_read_commands, 64);
AT(nvme_smart_log, host_write_commands, 80);
AT(nvme_smart_log, controller_busy_time, 96);
AT(nvme_smart_log, power_cycles, 112);
AT(nvme_smart_log, power_on_hours, 128);
AT(nvme_smart_log, unsafe_shutdowns, 144);
AT(nvme_smart_log, media_errors, 160);
AT(nvme_smart_log, error_log_entries, 176);
AT(nvme_smart_log, warning_temperature_time, 192);
AT(nvme_smart_log, critical_temperature_time, 196);
AT(nvme_smart_log, temperature_sensor, 200);
AT(nvme_smart_log, thermal_transitions, 216);
AT(nvme_smart_log, thermal_time, 224);
SIZE(nvme_firmware_slot_log, 512);
AT(nvme_firmware_slot_log, afi, 0);
AT(nvme_firmware_slot_log, frs, 8);
AT(nvme_firmware_slot_log, rsvd64, 64);
SIZE(nvme_changed_ns_log, 4096);
AT(nvme_changed_ns_log, nsid, 0);
SIZE(nvme_commands_supported_log, 4096);
AT(nvme_commands_supported_log, acs, 0);
AT(nvme_commands_supported_log, iocs, 1024);
AT(nvme_commands_supported_log, rsvd2048, 2048);
SIZE(nvme_features_supported_log, 1024);
AT(nvme_features_supported_log, fid, 0);
SIZE(nvme_sanitize_log, 32);
AT(nvme_sanitize_log, cdw10, 4);
AT(nvme_sanitize_log, overwrite_seconds, 8);
AT(nvme_sanitize_log, block_erase_seconds, 12);
AT(nvme_sanitize_log, crypto_erase_seconds, 16);
AT(nvme_sanitize_log, overwrite_kept_seconds, 20);
AT(nvme_sanitize_log, block_erase_kept_seconds, 24);
AT(nvme_sanitize_log, crypto_erase_kept_seconds, 28);

/* nvm_command.h */
SIZE(nvme_dsm_range, 16);
AT(nvme_dsm_range, cattr, 0);
AT(nvme_dsm_range, length, 4);
AT(nvme_dsm_range, slba, 8);
SIZE(nvme_copy_range_f0, 32);
AT(nvme_copy_range_f0, slba, 8);
AT(nvme_copy_range_f0, nlb, 16);
AT(nvme_copy_range_f0, eilbrt, 24);
AT(nvme_copy_range_f0, elbat, 28);
AT(nvme_copy_range_f0, elbatm, 30);
SIZE(nvme_copy_range_f1, 40);
AT(nvme_copy_range_f1, slba, 8);
AT(nvme_copy_range_f1, nlb, 16);
AT(nvme_copy_range_f1, elbst, 26);
AT(nvme_copy_range_f1, elbat, 36);
AT(nvme_copy_range_f1, elbatm, 38);

/* regs.h */
AT(nvme_regs, cap, NVME_REG_CAP);
AT(nvme_regs, vs, NVME_REG_VS);
AT(nvme_regs, intms, NVME_REG_INTMS);
AT(nvme_regs, intmc, NVME_REG_INTMC);
AT(nvme_regs, cc, NVME_REG_CC);
AT(nvme_regs, csts, NVME_REG_CSTS);
AT(nvme_regs, nssr, NVME_REG_NSSR);
AT(nvme_regs, aqa, NVME_REG_AQA);
AT(nvme_regs, asq, NVME_REG_ASQ);
AT(nvme_regs, acq, NVME_REG_ACQ);
AT(nvme_regs, cmbloc, NVME_REG_CMBLOC);
AT(nvme_regs, cmbsz, NVME_REG_CMBSZ);
AT(nvme_regs, bpinfo, NVME_REG_BPINFO);
AT(nvme_regs, bprsel, NVME_REG_BPRSEL);
AT(nvme_regs, bpmbl, NVME_REG_BPMBL);
AT(nvme_regs, cmbmsc, NVME_REG_CMBMSC);
AT(nvme_regs, cmbsts, NVME_REG_CMBSTS);
AT(nvme_regs, cmbebs, NVME_REG_CMBEBS);
AT(nvme_regs, cmbswtp, NVME_REG_CMBSWTP);
AT(nvme_regs, nssd, NVME_REG_NSSD);
AT(nvme_regs, crto, NVME_REG_CRTO);
AT(nvme_regs, pmrcap, NVME_REG_PMRCAP);
AT(nvme_regs, pmrctl, NVME_REG_PMRCTL);
AT(nvme_regs, pmrsts, NVME_REG_PMRSTS);
AT(nvme_regs, pmrebs, NVME_REG_PMREBS);
AT(nvme_regs, pmrswtp, NVME_REG_PMRSWTP);
AT(nvme_regs, pmrmscl, NVME_REG_PMRMSCL);
AT(nvme_regs, pmrmscu, NVME_REG_PMRMSCU);
SIZE(nvme_regs, NVME_REG_DOORBELLS);

/* reservation.h */
SIZE(nvme_reservation_keys, 16);
AT(nvme_reservation_keys, crkey, 0);
AT(nvme_reservation_keys, key, 8);

/* sqe.h */
SIZE(nvme_sqe, NVME_SQE_BYTES);
AT(nvme_sqe, opcode, 0);
AT(nvme_sqe, flags, 1);
AT(nvme_sqe, cid, 2);
AT(nvme_sqe, nsid, 4);
AT(nvme_sqe, cdw2, 8);
AT(nvme_sqe, cdw3, 12);
AT(nvme_sqe, mptr, 16);
AT(nvme_sqe, prp1, 24);
AT(nvme_sqe, prp2, 32);
AT(nvme_sqe, sgl1, 24);
AT(nvme_sqe, cdw10, 40);
AT(nvme_sqe, cdw11, 44);
AT(nvme_sqe, cdw12, 48);
AT(nvme_sqe, cdw13, 52);
AT(nvme_sqe, cdw14, 56);
AT(nvme_sqe, cdw15, 60);
