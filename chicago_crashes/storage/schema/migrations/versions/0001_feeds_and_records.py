"""The feeds' tables and the platform's own records."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the migration."""
    op.create_table(
        "crash_people",
        sa.Column(
            "person_id",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="A unique identifier for each person record. IDs starting with P indicate passengers. IDs starting with O indicate a person who was not a passenger in the vehicle (e.g., driver, pedestrian, cyclist, etc.).",
        ),
        sa.Column(
            "person_type",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Type of roadway user involved in crash",
        ),
        sa.Column(
            "crash_record_id",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="This number can be used to link to the same crash in the Crashes and Vehicles datasets. This number also serves as a unique ID in the Crashes dataset.",
        ),
        sa.Column(
            "vehicle_id",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="The VEHICLE_ID of the unit in the Vehicles dataset. (The portal's description says CRASH_UNIT_ID; in the data it never is.)",
        ),
        sa.Column(
            "crash_date",
            sa.DateTime(),
            autoincrement=False,
            nullable=False,
            comment="Date and time of crash as entered by the reporting officer",
        ),
        sa.Column(
            "seat_no",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Code for seating position of motor vehicle occupant: 1= driver, 2= center front, 3 = front passenger, 4 = second row left, 5 = second row center, 6 = second row right, 7 = enclosed passengers, 8 = exposed passengers, 9= unknown position, 10 = third row left, 11 = third row center, 12 = third row right",
        ),
        sa.Column(
            "city",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="City of residence of person involved in crash",
        ),
        sa.Column(
            "state",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="State of residence of person involved in crash",
        ),
        sa.Column(
            "zipcode",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="ZIP Code of residence of person involved in crash",
        ),
        sa.Column(
            "sex",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Gender of person involved in crash, as determined by reporting officer",
        ),
        sa.Column("age", sa.Integer(), autoincrement=False, nullable=True, comment="Age of person involved in crash"),
        sa.Column(
            "drivers_license_state",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="State issuing driver's license of person involved in crash",
        ),
        sa.Column(
            "drivers_license_class",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Class of driver's license of person involved in crash",
        ),
        sa.Column(
            "safety_equipment",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Safety equipment used by vehicle occupant in crash, if any",
        ),
        sa.Column(
            "airbag_deployed",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Whether vehicle occupant airbag deployed as result of crash",
        ),
        sa.Column(
            "ejection",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Whether vehicle occupant was ejected or extricated from the vehicle as a result of crash",
        ),
        sa.Column(
            "injury_classification",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Severity of injury person sustained in the crash",
        ),
        sa.Column(
            "hospital",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Hospital to which person injured in the crash was taken",
        ),
        sa.Column(
            "ems_agency",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="EMS agency who transported person injured in crash to the hospital",
        ),
        sa.Column("ems_run_no", sa.Text(), autoincrement=False, nullable=True, comment="EMS agency run number"),
        sa.Column(
            "driver_action",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Driver action that contributed to the crash, as determined by reporting officer",
        ),
        sa.Column(
            "driver_vision",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="What, if any, objects obscured the driver's vision at time of crash",
        ),
        sa.Column(
            "physical_condition",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Driver's apparent physical condition at time of crash, as observed by the reporting officer",
        ),
        sa.Column(
            "pedpedal_action",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Action of pedestrian or cyclist at the time of crash",
        ),
        sa.Column(
            "pedpedal_visibility",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Visibility of pedestrian of cyclist safety equipment in use at time of crash",
        ),
        sa.Column(
            "pedpedal_location",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Location of pedestrian or cyclist at the time of crash",
        ),
        sa.Column(
            "bac_result",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Status of blood alcohol concentration testing for driver or other person involved in crash",
        ),
        sa.Column(
            "bac_result_value",
            sa.Double(),
            autoincrement=False,
            nullable=True,
            comment="Driver's blood alcohol concentration test result (fatal crashes may include pedestrian or cyclist results)",
        ),
        sa.Column(
            "cell_phone_use",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Whether person was/was not using cellphone at the time of the crash, as determined by the reporting officer",
        ),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Published columns the platform does not know yet, as published",
        ),
        sa.Column(
            "source_updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the portal last touched the row, as of its last change here",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first stored here",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed here",
        ),
        sa.CheckConstraint("age <= 120", name=op.f("crash_people_age_highest_check")),
        sa.CheckConstraint("age >= 0", name=op.f("crash_people_age_lowest_check")),
        sa.CheckConstraint(
            "char_length(airbag_deployed) <= 500", name=op.f("crash_people_airbag_deployed_length_check")
        ),
        sa.CheckConstraint("char_length(bac_result) <= 500", name=op.f("crash_people_bac_result_length_check")),
        sa.CheckConstraint("char_length(cell_phone_use) <= 500", name=op.f("crash_people_cell_phone_use_length_check")),
        sa.CheckConstraint("char_length(city) <= 500", name=op.f("crash_people_city_length_check")),
        sa.CheckConstraint(
            "char_length(crash_record_id) <= 128", name=op.f("crash_people_crash_record_id_length_check")
        ),
        sa.CheckConstraint("char_length(driver_action) <= 500", name=op.f("crash_people_driver_action_length_check")),
        sa.CheckConstraint("char_length(driver_vision) <= 500", name=op.f("crash_people_driver_vision_length_check")),
        sa.CheckConstraint(
            "char_length(drivers_license_class) <= 500", name=op.f("crash_people_drivers_license_class_length_check")
        ),
        sa.CheckConstraint(
            "char_length(drivers_license_state) <= 500", name=op.f("crash_people_drivers_license_state_length_check")
        ),
        sa.CheckConstraint("char_length(ejection) <= 500", name=op.f("crash_people_ejection_length_check")),
        sa.CheckConstraint("char_length(ems_agency) <= 500", name=op.f("crash_people_ems_agency_length_check")),
        sa.CheckConstraint("char_length(ems_run_no) <= 500", name=op.f("crash_people_ems_run_no_length_check")),
        sa.CheckConstraint("char_length(hospital) <= 500", name=op.f("crash_people_hospital_length_check")),
        sa.CheckConstraint(
            "char_length(injury_classification) <= 500", name=op.f("crash_people_injury_classification_length_check")
        ),
        sa.CheckConstraint(
            "char_length(pedpedal_action) <= 500", name=op.f("crash_people_pedpedal_action_length_check")
        ),
        sa.CheckConstraint(
            "char_length(pedpedal_location) <= 500", name=op.f("crash_people_pedpedal_location_length_check")
        ),
        sa.CheckConstraint(
            "char_length(pedpedal_visibility) <= 500", name=op.f("crash_people_pedpedal_visibility_length_check")
        ),
        sa.CheckConstraint("char_length(person_id) <= 500", name=op.f("crash_people_person_id_length_check")),
        sa.CheckConstraint("char_length(person_type) <= 500", name=op.f("crash_people_person_type_length_check")),
        sa.CheckConstraint(
            "char_length(physical_condition) <= 500", name=op.f("crash_people_physical_condition_length_check")
        ),
        sa.CheckConstraint(
            "char_length(safety_equipment) <= 500", name=op.f("crash_people_safety_equipment_length_check")
        ),
        sa.CheckConstraint("char_length(seat_no) <= 500", name=op.f("crash_people_seat_no_length_check")),
        sa.CheckConstraint("char_length(sex) <= 500", name=op.f("crash_people_sex_length_check")),
        sa.CheckConstraint("char_length(state) <= 500", name=op.f("crash_people_state_length_check")),
        sa.CheckConstraint("char_length(zipcode) <= 500", name=op.f("crash_people_zipcode_length_check")),
        sa.PrimaryKeyConstraint("crash_record_id", "person_id", name=op.f("crash_people_pkey")),
        comment="One row per person involved in a crash: drivers, passengers, pedestrians, cyclists and others.",
    )
    op.create_index(op.f("crash_people_age_idx"), "crash_people", ["age"], unique=False)
    op.create_index(op.f("crash_people_crash_date_idx"), "crash_people", ["crash_date"], unique=False)
    op.create_index(
        op.f("crash_people_injury_classification_idx"), "crash_people", ["injury_classification"], unique=False
    )
    op.create_index(op.f("crash_people_person_type_idx"), "crash_people", ["person_type"], unique=False)
    op.create_index(op.f("crash_people_vehicle_id_idx"), "crash_people", ["vehicle_id"], unique=False)
    op.create_table(
        "crash_vehicles",
        sa.Column(
            "crash_unit_id",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="A unique identifier for each vehicle record.",
        ),
        sa.Column(
            "crash_record_id",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="This number can be used to link to the same crash in the Crashes and People datasets. This number also serves as a unique ID in the Crashes dataset.",
        ),
        sa.Column(
            "crash_date",
            sa.DateTime(),
            autoincrement=False,
            nullable=False,
            comment="Date and time of crash as entered by the reporting officer",
        ),
        sa.Column(
            "unit_no",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="A unique ID for each unit within a specific crash report.",
        ),
        sa.Column("unit_type", sa.Text(), autoincrement=False, nullable=True, comment="The type of unit"),
        sa.Column(
            "num_passengers",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Number of passengers in the vehicle. The driver is not included. More information on passengers is in the People dataset.",
        ),
        sa.Column(
            "vehicle_id",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Identifier of the motor vehicle; a unit without one is a pedestrian, a cyclist or another non-motor unit. crash_people.vehicle_id refers to it.",
        ),
        sa.Column(
            "cmrc_veh_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the unit is a commercial vehicle",
        ),
        sa.Column(
            "make",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The make (brand) of the vehicle, if relevant",
        ),
        sa.Column(
            "model", sa.Text(), autoincrement=False, nullable=True, comment="The model of the vehicle, if relevant"
        ),
        sa.Column(
            "lic_plate_state",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The state issuing the license plate of the vehicle, if relevant",
        ),
        sa.Column(
            "vehicle_year",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="The model year of the vehicle, if relevant",
        ),
        sa.Column(
            "vehicle_defect", sa.Text(), autoincrement=False, nullable=True, comment="Defect of the vehicle, if any"
        ),
        sa.Column(
            "vehicle_type", sa.Text(), autoincrement=False, nullable=True, comment="The type of vehicle, if relevant"
        ),
        sa.Column(
            "vehicle_use",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The normal use of the vehicle, if relevant",
        ),
        sa.Column(
            "travel_direction",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The direction in which the unit was traveling prior to the crash, as determined by the reporting officer",
        ),
        sa.Column(
            "maneuver",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The action the unit was taking prior to the crash, as determined by the reporting officer",
        ),
        sa.Column(
            "towed_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Indicator of whether the vehicle was towed",
        ),
        sa.Column(
            "fire_i", sa.Boolean(), autoincrement=False, nullable=True, comment="Whether the vehicle caught fire"
        ),
        sa.Column(
            "occupant_cnt",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="The number of people in the unit, as determined by the reporting officer",
        ),
        sa.Column(
            "exceed_speed_limit_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Indicator of whether the unit was speeding, as determined by the reporting officer",
        ),
        sa.Column(
            "towed_by", sa.Text(), autoincrement=False, nullable=True, comment="Entity that towed the unit, if relevant"
        ),
        sa.Column(
            "towed_to",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Location to which the unit was towed, if relevant",
        ),
        sa.Column(
            "area_00_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether no area of the vehicle was damaged",
        ),
        sa.Column(
            "area_01_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 1 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_02_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 2 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_03_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 3 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_04_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 4 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_05_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 5 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_06_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 6 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_07_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 7 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_08_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 8 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_09_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 9 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_10_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 10 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_11_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 11 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_12_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage area 12 of the vehicle diagram was marked",
        ),
        sa.Column(
            "area_99_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether damage to an unknown area of the vehicle was reported",
        ),
        sa.Column(
            "first_contact_point",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Part of the vehicle that was hit first",
        ),
        sa.Column(
            "cmv_id",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Identifier of the commercial motor vehicle record",
        ),
        sa.Column(
            "usdot_no", sa.Text(), autoincrement=False, nullable=True, comment="USDOT number of the motor carrier"
        ),
        sa.Column("ccmc_no", sa.Text(), autoincrement=False, nullable=True, comment="CCMC number of the motor carrier"),
        sa.Column(
            "ilcc_no",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Illinois Commerce Commission number of the motor carrier",
        ),
        sa.Column(
            "commercial_src",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Where the carrier information was read",
        ),
        sa.Column(
            "gvwr",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Gross vehicle weight rating: a class code or pounds, as entered",
        ),
        sa.Column("carrier_name", sa.Text(), autoincrement=False, nullable=True, comment="Name of the motor carrier"),
        sa.Column("carrier_state", sa.Text(), autoincrement=False, nullable=True, comment="State of the motor carrier"),
        sa.Column("carrier_city", sa.Text(), autoincrement=False, nullable=True, comment="City of the motor carrier"),
        sa.Column(
            "hazmat_placards_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the vehicle showed hazardous material placards",
        ),
        sa.Column(
            "hazmat_name", sa.Text(), autoincrement=False, nullable=True, comment="Name of the hazardous material"
        ),
        sa.Column(
            "un_no", sa.Text(), autoincrement=False, nullable=True, comment="UN number of the hazardous material"
        ),
        sa.Column(
            "hazmat_present_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether hazardous material was present",
        ),
        sa.Column(
            "hazmat_report_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether a hazardous material report was taken",
        ),
        sa.Column(
            "hazmat_report_no",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Number of the hazardous material report",
        ),
        sa.Column(
            "mcs_report_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether a motor carrier safety report was taken",
        ),
        sa.Column(
            "mcs_report_no",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Number of the motor carrier safety report",
        ),
        sa.Column(
            "hazmat_vio_cause_crash_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether a hazardous material violation contributed to the crash",
        ),
        sa.Column(
            "mcs_vio_cause_crash_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether a motor carrier safety violation contributed to the crash",
        ),
        sa.Column(
            "idot_permit_no",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Illinois Department of Transportation permit number",
        ),
        sa.Column(
            "wide_load_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the vehicle carried a wide load",
        ),
        sa.Column(
            "trailer1_width",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Width of the first trailer, in inches",
        ),
        sa.Column(
            "trailer2_width",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Width of the second trailer, in inches",
        ),
        sa.Column(
            "trailer1_length",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Length of the first trailer, in feet as entered",
        ),
        sa.Column(
            "trailer2_length",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Length of the second trailer, in feet as entered",
        ),
        sa.Column(
            "total_vehicle_length",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Length of the whole vehicle, in feet as entered",
        ),
        sa.Column("axle_cnt", sa.Integer(), autoincrement=False, nullable=True, comment="Number of axles, as entered"),
        sa.Column(
            "vehicle_config",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Configuration of the commercial vehicle",
        ),
        sa.Column(
            "cargo_body_type",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Cargo body of the commercial vehicle",
        ),
        sa.Column("load_type", sa.Text(), autoincrement=False, nullable=True, comment="Load of the commercial vehicle"),
        sa.Column(
            "hazmat_out_of_service_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the vehicle was put out of service for hazardous material",
        ),
        sa.Column(
            "mcs_out_of_service_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the vehicle was put out of service for motor carrier safety",
        ),
        sa.Column(
            "hazmat_class", sa.Text(), autoincrement=False, nullable=True, comment="Class of the hazardous material"
        ),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Published columns the platform does not know yet, as published",
        ),
        sa.Column(
            "source_updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the portal last touched the row, as of its last change here",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first stored here",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed here",
        ),
        sa.CheckConstraint(
            "char_length(cargo_body_type) <= 500", name=op.f("crash_vehicles_cargo_body_type_length_check")
        ),
        sa.CheckConstraint("char_length(carrier_city) <= 500", name=op.f("crash_vehicles_carrier_city_length_check")),
        sa.CheckConstraint("char_length(carrier_name) <= 500", name=op.f("crash_vehicles_carrier_name_length_check")),
        sa.CheckConstraint("char_length(carrier_state) <= 500", name=op.f("crash_vehicles_carrier_state_length_check")),
        sa.CheckConstraint("char_length(ccmc_no) <= 500", name=op.f("crash_vehicles_ccmc_no_length_check")),
        sa.CheckConstraint(
            "char_length(commercial_src) <= 500", name=op.f("crash_vehicles_commercial_src_length_check")
        ),
        sa.CheckConstraint(
            "char_length(crash_record_id) <= 128", name=op.f("crash_vehicles_crash_record_id_length_check")
        ),
        sa.CheckConstraint(
            "char_length(first_contact_point) <= 500", name=op.f("crash_vehicles_first_contact_point_length_check")
        ),
        sa.CheckConstraint("char_length(gvwr) <= 500", name=op.f("crash_vehicles_gvwr_length_check")),
        sa.CheckConstraint("char_length(hazmat_class) <= 500", name=op.f("crash_vehicles_hazmat_class_length_check")),
        sa.CheckConstraint("char_length(hazmat_name) <= 500", name=op.f("crash_vehicles_hazmat_name_length_check")),
        sa.CheckConstraint(
            "char_length(hazmat_report_no) <= 500", name=op.f("crash_vehicles_hazmat_report_no_length_check")
        ),
        sa.CheckConstraint(
            "char_length(idot_permit_no) <= 500", name=op.f("crash_vehicles_idot_permit_no_length_check")
        ),
        sa.CheckConstraint("char_length(ilcc_no) <= 500", name=op.f("crash_vehicles_ilcc_no_length_check")),
        sa.CheckConstraint(
            "char_length(lic_plate_state) <= 500", name=op.f("crash_vehicles_lic_plate_state_length_check")
        ),
        sa.CheckConstraint("char_length(load_type) <= 500", name=op.f("crash_vehicles_load_type_length_check")),
        sa.CheckConstraint("char_length(make) <= 500", name=op.f("crash_vehicles_make_length_check")),
        sa.CheckConstraint("char_length(maneuver) <= 500", name=op.f("crash_vehicles_maneuver_length_check")),
        sa.CheckConstraint("char_length(mcs_report_no) <= 500", name=op.f("crash_vehicles_mcs_report_no_length_check")),
        sa.CheckConstraint("char_length(model) <= 500", name=op.f("crash_vehicles_model_length_check")),
        sa.CheckConstraint("char_length(towed_by) <= 500", name=op.f("crash_vehicles_towed_by_length_check")),
        sa.CheckConstraint("char_length(towed_to) <= 500", name=op.f("crash_vehicles_towed_to_length_check")),
        sa.CheckConstraint(
            "char_length(trailer1_width) <= 500", name=op.f("crash_vehicles_trailer1_width_length_check")
        ),
        sa.CheckConstraint(
            "char_length(trailer2_width) <= 500", name=op.f("crash_vehicles_trailer2_width_length_check")
        ),
        sa.CheckConstraint(
            "char_length(travel_direction) <= 500", name=op.f("crash_vehicles_travel_direction_length_check")
        ),
        sa.CheckConstraint("char_length(un_no) <= 500", name=op.f("crash_vehicles_un_no_length_check")),
        sa.CheckConstraint("char_length(unit_type) <= 500", name=op.f("crash_vehicles_unit_type_length_check")),
        sa.CheckConstraint("char_length(usdot_no) <= 500", name=op.f("crash_vehicles_usdot_no_length_check")),
        sa.CheckConstraint(
            "char_length(vehicle_config) <= 500", name=op.f("crash_vehicles_vehicle_config_length_check")
        ),
        sa.CheckConstraint(
            "char_length(vehicle_defect) <= 500", name=op.f("crash_vehicles_vehicle_defect_length_check")
        ),
        sa.CheckConstraint("char_length(vehicle_type) <= 500", name=op.f("crash_vehicles_vehicle_type_length_check")),
        sa.CheckConstraint("char_length(vehicle_use) <= 500", name=op.f("crash_vehicles_vehicle_use_length_check")),
        sa.CheckConstraint(
            "vehicle_year <= extract(year from crash_date) + 1", name=op.f("crash_vehicles_vehicle_year_highest_check")
        ),
        sa.CheckConstraint("vehicle_year >= 1900", name=op.f("crash_vehicles_vehicle_year_lowest_check")),
        sa.PrimaryKeyConstraint("crash_unit_id", name=op.f("crash_vehicles_pkey")),
        comment="One row per unit involved in a crash: motor vehicles, and pedestrians and cyclists as units of their own.",
    )
    op.create_index(op.f("crash_vehicles_crash_date_idx"), "crash_vehicles", ["crash_date"], unique=False)
    op.create_index(op.f("crash_vehicles_crash_record_id_idx"), "crash_vehicles", ["crash_record_id"], unique=False)
    op.create_index(op.f("crash_vehicles_make_idx"), "crash_vehicles", ["make"], unique=False)
    op.create_index(op.f("crash_vehicles_vehicle_id_idx"), "crash_vehicles", ["vehicle_id"], unique=False)
    op.create_index(op.f("crash_vehicles_vehicle_type_idx"), "crash_vehicles", ["vehicle_type"], unique=False)
    op.create_index(op.f("crash_vehicles_vehicle_year_idx"), "crash_vehicles", ["vehicle_year"], unique=False)
    op.create_geospatial_table(
        "crashes",
        sa.Column(
            "crash_record_id",
            sa.Text(),
            autoincrement=False,
            nullable=False,
            comment="This number can be used to link to the same crash in the Vehicles and People datasets. This number also serves as a unique ID in this dataset.",
        ),
        sa.Column(
            "crash_date_est_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Crash date estimated by desk officer or reporting party (only used in cases where crash is reported at police station days after the crash)",
        ),
        sa.Column(
            "crash_date",
            sa.DateTime(),
            autoincrement=False,
            nullable=False,
            comment="Date and time of crash as entered by the reporting officer",
        ),
        sa.Column(
            "posted_speed_limit",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Posted speed limit, as determined by reporting officer",
        ),
        sa.Column(
            "traffic_control_device",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Traffic control device present at crash location, as determined by reporting officer",
        ),
        sa.Column(
            "device_condition",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Condition of traffic control device, as determined by reporting officer",
        ),
        sa.Column(
            "weather_condition",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Weather condition at time of crash, as determined by reporting officer",
        ),
        sa.Column(
            "lighting_condition",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Light condition at time of crash, as determined by reporting officer",
        ),
        sa.Column(
            "first_crash_type",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Type of first collision in crash",
        ),
        sa.Column(
            "trafficway_type",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Trafficway type, as determined by reporting officer",
        ),
        sa.Column(
            "lane_cnt",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total number of through lanes in either direction, excluding turn lanes, as determined by reporting officer (0 = intersection)",
        ),
        sa.Column(
            "alignment",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Street alignment at crash location, as determined by reporting officer",
        ),
        sa.Column(
            "roadway_surface_cond",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Road surface condition, as determined by reporting officer",
        ),
        sa.Column(
            "road_defect",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Road defects, as determined by reporting officer",
        ),
        sa.Column(
            "report_type",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Administrative report type (at scene, at desk, amended)",
        ),
        sa.Column(
            "crash_type",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="A general severity classification for the crash. Can be either Injury and/or Tow Due to Crash or No Injury / Drive Away",
        ),
        sa.Column(
            "intersection_related_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="A field observation by the police officer whether an intersection played a role in the crash. Does not represent whether or not the crash occurred within the intersection.",
        ),
        sa.Column(
            "private_property_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the crash begun or first contact was made outside of the public right-of-way.",
        ),
        sa.Column(
            "hit_and_run_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Crash did/did not involve a driver who caused the crash and fled the scene without exchanging information and/or rendering aid",
        ),
        sa.Column(
            "damage", sa.Text(), autoincrement=False, nullable=True, comment="A field observation of estimated damage."
        ),
        sa.Column(
            "date_police_notified",
            sa.DateTime(),
            autoincrement=False,
            nullable=True,
            comment="Calendar date on which police were notified of the crash",
        ),
        sa.Column(
            "prim_contributory_cause",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The factor which was most significant in causing the crash, as determined by officer judgment",
        ),
        sa.Column(
            "sec_contributory_cause",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The factor which was second most significant in causing the crash, as determined by officer judgment",
        ),
        sa.Column(
            "street_no",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Street address number of crash location, as determined by reporting officer",
        ),
        sa.Column(
            "street_direction",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Street address direction (N,E,S,W) of crash location, as determined by reporting officer",
        ),
        sa.Column(
            "street_name",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Street address name of crash location, as determined by reporting officer",
        ),
        sa.Column(
            "beat_of_occurrence",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Chicago Police Department Beat ID. Boundaries available at https://data.cityofchicago.org/d/aerh-rz74",
        ),
        sa.Column(
            "photos_taken_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the Chicago Police Department took photos at the location of the crash",
        ),
        sa.Column(
            "statements_taken_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether statements were taken from unit(s) involved in crash",
        ),
        sa.Column(
            "dooring_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether crash involved a motor vehicle occupant opening a door into the travel path of a bicyclist, causing a crash",
        ),
        sa.Column(
            "work_zone_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether the crash occurred in an active work zone",
        ),
        sa.Column(
            "work_zone_type", sa.Text(), autoincrement=False, nullable=True, comment="The type of work zone, if any"
        ),
        sa.Column(
            "workers_present_i",
            sa.Boolean(),
            autoincrement=False,
            nullable=True,
            comment="Whether construction workers were present in an active work zone at crash location",
        ),
        sa.Column(
            "num_units",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Number of units involved in the crash. A unit can be a motor vehicle, a pedestrian, a bicyclist, or another non-passenger roadway user. Each unit represents a mode of traffic with an independent trajectory.",
        ),
        sa.Column(
            "most_severe_injury",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Most severe injury sustained by any person involved in the crash",
        ),
        sa.Column(
            "injuries_total",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons sustaining fatal, incapacitating, non-incapacitating, and possible injuries as determined by the reporting officer",
        ),
        sa.Column(
            "injuries_fatal",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons sustaining fatal injuries in the crash",
        ),
        sa.Column(
            "injuries_incapacitating",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons sustaining incapacitating/serious injuries in the crash as determined by the reporting officer. Any injury other than fatal injury, which prevents the injured person from walking, driving, or normally continuing the activities they were capable of performing before the injury occurred. Includes severe lacerations, broken limbs, skull or chest injuries, and abdominal injuries.",
        ),
        sa.Column(
            "injuries_non_incapacitating",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons sustaining non-incapacitating injuries in the crash as determined by the reporting officer. Any injury, other than fatal or incapacitating injury, which is evident to observers at the scene of the crash. Includes lump on head, abrasions, bruises, and minor lacerations.",
        ),
        sa.Column(
            "injuries_reported_not_evident",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons sustaining possible injuries in the crash as determined by the reporting officer. Includes momentary unconsciousness, claims of injuries not evident, limping, complaint of pain, nausea, and hysteria.",
        ),
        sa.Column(
            "injuries_no_indication",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons sustaining no injuries in the crash as determined by the reporting officer",
        ),
        sa.Column(
            "injuries_unknown",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="Total persons for whom injuries sustained, if any, are unknown",
        ),
        sa.Column(
            "crash_hour",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="The hour of the day component of CRASH_DATE.",
        ),
        sa.Column(
            "crash_day_of_week",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="The day of the week component of CRASH_DATE. Sunday=1",
        ),
        sa.Column(
            "crash_month",
            sa.Integer(),
            autoincrement=False,
            nullable=True,
            comment="The month component of CRASH_DATE.",
        ),
        sa.Column(
            "latitude",
            sa.Double(),
            autoincrement=False,
            nullable=True,
            comment="The latitude of the crash location, as determined by reporting officer, as derived from the reported address of crash",
        ),
        sa.Column(
            "longitude",
            sa.Double(),
            autoincrement=False,
            nullable=True,
            comment="The longitude of the crash location, as determined by reporting officer, as derived from the reported address of crash",
        ),
        sa.Column(
            "location",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="The crash location, as determined by reporting officer, as derived from the reported address of crash, in a column type that allows for mapping and other geographic analysis in the data portal software",
        ),
        sa.Column(
            "idot_control_no",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Control number of the report at the Illinois Department of Transportation. The portal gives no description.",
        ),
        sa.Column(
            "geometry",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)", persisted=True),
            nullable=True,
            comment="The place, built by the database from longitude and latitude",
        ),
        sa.Column(
            "coordinate_status",
            sa.Text(),
            nullable=False,
            comment="ok, missing, zero (published as 0, 0) or out_of_bounds (outside Chicago's bounding box)",
        ),
        sa.Column(
            "needs_geocoding",
            sa.Boolean(),
            sa.Computed("coordinate_status <> 'ok'", persisted=True),
            nullable=True,
            comment="Whether the place has to be found from the address",
        ),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Published columns the platform does not know yet, as published",
        ),
        sa.Column(
            "source_updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the portal last touched the row, as of its last change here",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first stored here",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed here",
        ),
        sa.CheckConstraint(
            "(coordinate_status = 'ok' and latitude is not null and longitude is not null) or (coordinate_status <> 'ok' and latitude is null and longitude is null)",
            name=op.f("crashes_coordinates_pair_check"),
        ),
        sa.CheckConstraint("beat_of_occurrence ~ '^[0-9]{4}$'", name=op.f("crashes_beat_of_occurrence_digits_check")),
        sa.CheckConstraint(
            "coordinate_status in ('ok', 'missing', 'zero', 'out_of_bounds')",
            name=op.f("crashes_coordinate_status_check"),
        ),
        sa.CheckConstraint("char_length(alignment) <= 500", name=op.f("crashes_alignment_length_check")),
        sa.CheckConstraint("char_length(crash_record_id) <= 128", name=op.f("crashes_crash_record_id_length_check")),
        sa.CheckConstraint("char_length(crash_type) <= 500", name=op.f("crashes_crash_type_length_check")),
        sa.CheckConstraint("char_length(damage) <= 500", name=op.f("crashes_damage_length_check")),
        sa.CheckConstraint("char_length(device_condition) <= 500", name=op.f("crashes_device_condition_length_check")),
        sa.CheckConstraint("char_length(first_crash_type) <= 500", name=op.f("crashes_first_crash_type_length_check")),
        sa.CheckConstraint("char_length(idot_control_no) <= 500", name=op.f("crashes_idot_control_no_length_check")),
        sa.CheckConstraint(
            "char_length(lighting_condition) <= 500", name=op.f("crashes_lighting_condition_length_check")
        ),
        sa.CheckConstraint(
            "char_length(most_severe_injury) <= 500", name=op.f("crashes_most_severe_injury_length_check")
        ),
        sa.CheckConstraint(
            "char_length(prim_contributory_cause) <= 500", name=op.f("crashes_prim_contributory_cause_length_check")
        ),
        sa.CheckConstraint("char_length(report_type) <= 500", name=op.f("crashes_report_type_length_check")),
        sa.CheckConstraint("char_length(road_defect) <= 500", name=op.f("crashes_road_defect_length_check")),
        sa.CheckConstraint(
            "char_length(roadway_surface_cond) <= 500", name=op.f("crashes_roadway_surface_cond_length_check")
        ),
        sa.CheckConstraint(
            "char_length(sec_contributory_cause) <= 500", name=op.f("crashes_sec_contributory_cause_length_check")
        ),
        sa.CheckConstraint("char_length(street_direction) <= 500", name=op.f("crashes_street_direction_length_check")),
        sa.CheckConstraint("char_length(street_name) <= 500", name=op.f("crashes_street_name_length_check")),
        sa.CheckConstraint(
            "char_length(traffic_control_device) <= 500", name=op.f("crashes_traffic_control_device_length_check")
        ),
        sa.CheckConstraint("char_length(trafficway_type) <= 500", name=op.f("crashes_trafficway_type_length_check")),
        sa.CheckConstraint(
            "char_length(weather_condition) <= 500", name=op.f("crashes_weather_condition_length_check")
        ),
        sa.CheckConstraint("char_length(work_zone_type) <= 500", name=op.f("crashes_work_zone_type_length_check")),
        sa.CheckConstraint("latitude <= 42.1", name=op.f("crashes_latitude_highest_check")),
        sa.CheckConstraint("latitude >= 41.6", name=op.f("crashes_latitude_lowest_check")),
        sa.CheckConstraint("longitude <= -87.5", name=op.f("crashes_longitude_highest_check")),
        sa.CheckConstraint("longitude >= -87.95", name=op.f("crashes_longitude_lowest_check")),
        sa.PrimaryKeyConstraint("crash_record_id", name=op.f("crashes_pkey")),
    )
    op.create_table_comment(
        "crashes",
        "One row per traffic crash on a Chicago street for which the police wrote a report; citywide from September 2017.",
    )
    op.create_index(op.f("crashes_beat_of_occurrence_idx"), "crashes", ["beat_of_occurrence"], unique=False)
    op.create_index(
        op.f("crashes_crash_date_latitude_longitude_idx"),
        "crashes",
        ["crash_date", "latitude", "longitude"],
        unique=False,
    )
    op.create_geospatial_index(
        "crashes_geometry_idx", "crashes", ["geometry"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index(op.f("crashes_most_severe_injury_idx"), "crashes", ["most_severe_injury"], unique=False)
    op.create_table(
        "accepted_shrinks",
        sa.Column("acceptance_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False, comment="Inclusive"),
        sa.Column(
            "published_rows", sa.Integer(), nullable=False, comment="Rows the portal published of these days then"
        ),
        sa.Column("stored_rows", sa.Integer(), nullable=False, comment="Rows we held of these days then"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("acceptance_id", name=op.f("accepted_shrinks_pkey")),
        schema="ops",
        comment="Every time a person accepted that the portal publishes fewer rows than we hold",
    )
    op.create_table(
        "findings",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False, comment="The row's key; its parts joined by a slash"),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True, comment="The value as published"),
        sa.Column("action", sa.Text(), nullable=False, comment="nulled or flagged"),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("feed", "day", "row_key", "column_name", "rule", name=op.f("findings_pkey")),
        schema="ops",
        comment="Every broken rule on a loaded row, with the original value",
    )
    op.create_table(
        "history",
        sa.Column("history_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False, comment="The row's key; its parts joined by a slash"),
        sa.Column("day", sa.Date(), nullable=False, comment="The day the old version belonged to"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False, comment="The Dagster run that replaced or removed it"),
        sa.Column("old_row", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The whole old row"),
        sa.CheckConstraint("kind in ('amended', 'withdrawn')", name=op.f("history_kind_check")),
        sa.PrimaryKeyConstraint("history_id", name=op.f("history_pkey")),
        schema="ops",
        comment="The old version of every row that was amended or withdrawn",
    )
    op.create_index("history_feed_row_key_idx", "history", ["feed", "row_key"], unique=False, schema="ops")
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column(
            "day", sa.Date(), nullable=True, comment="Null for a row of an imported file whose day cannot be told"
        ),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the row as published"),
        sa.Column("copy", sa.Integer(), nullable=False, comment="Tells equal rows of a day apart"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "origin",
            sa.Text(),
            nullable=True,
            comment="File and line of a row that was imported; null for rows from the portal",
        ),
        sa.Column("raw_row", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="The row as published"),
        sa.Column("quarantined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("quarantine_pkey")),
        sa.UniqueConstraint(
            "feed", "day", "digest", "copy", name="quarantine_row_key", postgresql_nulls_not_distinct=True
        ),
        schema="ops",
        comment="Rows that cannot be loaded at all, whole, with the reason",
    )
    op.create_table(
        "signatures",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source_rows", sa.Integer(), nullable=False, comment="Rows the portal said the day holds"),
        sa.Column(
            "source_updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The newest :updated_at the portal gave for it",
        ),
        sa.Column("raw_rows", sa.Integer(), nullable=False, comment="Rows in the raw lake"),
        sa.Column("table_rows", sa.Integer(), nullable=False, comment="Rows in the table, counted there"),
        sa.Column("quarantined_rows", sa.Integer(), nullable=False, comment="Rows that could not be loaded"),
        sa.Column("repaired_rows", sa.Integer(), nullable=False, comment="Rows with at least one repair"),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False, comment="The Dagster run that last changed this record"),
        sa.PrimaryKeyConstraint("feed", "day", name=op.f("signatures_pkey")),
        schema="ops",
        comment="What the portal said of each day when it was last loaded, and what became of its rows",
    )
    op.create_geospatial_table(
        "vision_zero_fatalities",
        sa.Column(
            "fatality_id",
            sa.Text(),
            nullable=False,
            comment="Stable identifier made from person, date and place; equal victims of one crash are numbered",
        ),
        sa.Column(
            "person_id",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Identifier of the victim in the People dataset where there is one; blank for some, repeated for others",
        ),
        sa.Column(
            "crash_date", sa.DateTime(), autoincrement=False, nullable=False, comment="Date and time of the crash"
        ),
        sa.Column(
            "crash_location",
            sa.Text(),
            autoincrement=False,
            nullable=True,
            comment="Address or description of the place",
        ),
        sa.Column(
            "victim", sa.Text(), autoincrement=False, nullable=True, comment="How the victim took part in traffic"
        ),
        sa.Column(
            "crash_circumstances", sa.Text(), autoincrement=False, nullable=True, comment="What happened, in a sentence"
        ),
        sa.Column("longitude", sa.Double(), autoincrement=False, nullable=True, comment="Longitude of the place"),
        sa.Column("latitude", sa.Double(), autoincrement=False, nullable=True, comment="Latitude of the place"),
        sa.Column("geocoded_column", sa.Text(), autoincrement=False, nullable=True, comment="The place as a point"),
        sa.Column(
            "geometry",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("ST_SetSRID(ST_MakePoint(longitude, latitude), 4326)", persisted=True),
            nullable=True,
            comment="The place, built by the database from longitude and latitude",
        ),
        sa.Column(
            "coordinate_status",
            sa.Text(),
            nullable=False,
            comment="ok, missing, zero (published as 0, 0) or out_of_bounds (outside Chicago's bounding box)",
        ),
        sa.Column(
            "needs_geocoding",
            sa.Boolean(),
            sa.Computed("coordinate_status <> 'ok'", persisted=True),
            nullable=True,
            comment="Whether the place has to be found from the address",
        ),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="Published columns the platform does not know yet, as published",
        ),
        sa.Column(
            "source_updated_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the portal last touched the row, as of its last change here",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row was first stored here",
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
            comment="When the row last changed here",
        ),
        sa.CheckConstraint(
            "(coordinate_status = 'ok' and latitude is not null and longitude is not null) or (coordinate_status <> 'ok' and latitude is null and longitude is null)",
            name=op.f("vision_zero_fatalities_coordinates_pair_check"),
        ),
        sa.CheckConstraint(
            "coordinate_status in ('ok', 'missing', 'zero', 'out_of_bounds')",
            name=op.f("vision_zero_fatalities_coordinate_status_check"),
        ),
        sa.CheckConstraint(
            "char_length(crash_circumstances) <= 4000",
            name=op.f("vision_zero_fatalities_crash_circumstances_length_check"),
        ),
        sa.CheckConstraint(
            "char_length(crash_location) <= 500", name=op.f("vision_zero_fatalities_crash_location_length_check")
        ),
        sa.CheckConstraint("char_length(person_id) <= 500", name=op.f("vision_zero_fatalities_person_id_length_check")),
        sa.CheckConstraint("char_length(victim) <= 500", name=op.f("vision_zero_fatalities_victim_length_check")),
        sa.CheckConstraint("latitude <= 42.1", name=op.f("vision_zero_fatalities_latitude_highest_check")),
        sa.CheckConstraint("latitude >= 41.6", name=op.f("vision_zero_fatalities_latitude_lowest_check")),
        sa.CheckConstraint("longitude <= -87.5", name=op.f("vision_zero_fatalities_longitude_highest_check")),
        sa.CheckConstraint("longitude >= -87.95", name=op.f("vision_zero_fatalities_longitude_lowest_check")),
        sa.PrimaryKeyConstraint("fatality_id", name=op.f("vision_zero_fatalities_pkey")),
    )
    op.create_table_comment(
        "vision_zero_fatalities",
        "One row per person killed in a traffic crash, as reviewed for Vision Zero; edited as cases are settled.",
    )
    op.create_index(
        op.f("vision_zero_fatalities_crash_date_idx"), "vision_zero_fatalities", ["crash_date"], unique=False
    )
    op.create_geospatial_index(
        "vision_zero_fatalities_geometry_idx",
        "vision_zero_fatalities",
        ["geometry"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(op.f("vision_zero_fatalities_person_id_idx"), "vision_zero_fatalities", ["person_id"], unique=False)


def downgrade() -> None:
    """Undo the migration."""
    op.drop_index(op.f("vision_zero_fatalities_person_id_idx"), table_name="vision_zero_fatalities")
    op.drop_geospatial_index(
        "vision_zero_fatalities_geometry_idx",
        table_name="vision_zero_fatalities",
        postgresql_using="gist",
        column_name="geometry",
    )
    op.drop_index(op.f("vision_zero_fatalities_crash_date_idx"), table_name="vision_zero_fatalities")
    op.drop_geospatial_table("vision_zero_fatalities")
    op.drop_table("signatures", schema="ops")
    op.drop_table("quarantine", schema="ops")
    op.drop_index("history_feed_row_key_idx", table_name="history", schema="ops")
    op.drop_table("history", schema="ops")
    op.drop_table("findings", schema="ops")
    op.drop_table("accepted_shrinks", schema="ops")
    op.drop_index(op.f("crashes_most_severe_injury_idx"), table_name="crashes")
    op.drop_geospatial_index(
        "crashes_geometry_idx", table_name="crashes", postgresql_using="gist", column_name="geometry"
    )
    op.drop_index(op.f("crashes_crash_date_latitude_longitude_idx"), table_name="crashes")
    op.drop_index(op.f("crashes_beat_of_occurrence_idx"), table_name="crashes")
    op.drop_geospatial_table("crashes")
    op.drop_index(op.f("crash_vehicles_vehicle_year_idx"), table_name="crash_vehicles")
    op.drop_index(op.f("crash_vehicles_vehicle_type_idx"), table_name="crash_vehicles")
    op.drop_index(op.f("crash_vehicles_vehicle_id_idx"), table_name="crash_vehicles")
    op.drop_index(op.f("crash_vehicles_make_idx"), table_name="crash_vehicles")
    op.drop_index(op.f("crash_vehicles_crash_record_id_idx"), table_name="crash_vehicles")
    op.drop_index(op.f("crash_vehicles_crash_date_idx"), table_name="crash_vehicles")
    op.drop_table("crash_vehicles")
    op.drop_index(op.f("crash_people_vehicle_id_idx"), table_name="crash_people")
    op.drop_index(op.f("crash_people_person_type_idx"), table_name="crash_people")
    op.drop_index(op.f("crash_people_injury_classification_idx"), table_name="crash_people")
    op.drop_index(op.f("crash_people_crash_date_idx"), table_name="crash_people")
    op.drop_index(op.f("crash_people_age_idx"), table_name="crash_people")
    op.drop_table("crash_people")
